from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("machines", metadata, Column("id", Integer, primary_key=True))
