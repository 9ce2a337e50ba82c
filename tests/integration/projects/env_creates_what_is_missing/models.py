from sqlalchemy import Column, Enum, Integer, MetaData, Table

metadata = MetaData()
Table("farms", metadata, Column("id", Integer, primary_key=True))
Table("fields", metadata, Column("id", Integer, primary_key=True), Column("soil", Enum("clay", "sand", name="soil")))
