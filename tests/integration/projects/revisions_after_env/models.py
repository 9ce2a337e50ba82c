from shop_types import CODE
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table(
    "goods",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", CODE),
    Column("stock", Integer, nullable=False, server_default="0"),
)
