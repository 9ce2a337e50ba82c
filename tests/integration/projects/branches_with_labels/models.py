from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table

metadata = MetaData()
Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", String(80)))
Table("bills", metadata, Column("id", Integer, primary_key=True), Column("paid", String(20)))
Table("lines", metadata, Column("id", Integer, primary_key=True), Column("bill", ForeignKey("bills.id")))
