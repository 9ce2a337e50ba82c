from sqlalchemy import Column, Integer, MetaData, String, Table

metadata = MetaData()
Table("farms", metadata, Column("id", Integer, primary_key=True), Column("area", Integer), Column("owner", String(30)))
