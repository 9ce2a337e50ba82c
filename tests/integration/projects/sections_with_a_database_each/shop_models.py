from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("shop_old", metadata, Column("id", Integer, primary_key=True))
Table("shop_new", metadata, Column("id", Integer, primary_key=True))  # no revision makes it
