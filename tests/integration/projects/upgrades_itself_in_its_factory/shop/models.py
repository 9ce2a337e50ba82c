from sqlalchemy import Column, Integer, MetaData, String, Table

metadata = MetaData()
goods = Table("goods", metadata, Column("id", Integer, primary_key=True), Column("name", String(80)))
shelves = Table("shelves", metadata, Column("id", Integer, primary_key=True))  # no revision makes it
