from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("billing_old", metadata, Column("id", Integer, primary_key=True))
Table("billing_new", metadata, Column("id", Integer, primary_key=True))  # no revision makes it
