from sqlalchemy import Column, Integer, MetaData, String, Table

metadata = MetaData()
Table("rooms", metadata, Column("id", Integer, primary_key=True), Column("floor", String(8)))
