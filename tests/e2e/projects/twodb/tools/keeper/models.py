from sqlalchemy import Column, Integer, MetaData, String, Table

shop, billing = MetaData(), MetaData()
Table("goods", shop, Column("id", Integer, primary_key=True), Column("name", String(80)))
Table("bills", billing, Column("id", Integer, primary_key=True))
Table("payments", billing, Column("id", Integer, primary_key=True))  # no revision makes it
