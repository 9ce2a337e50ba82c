from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, Table

metadata = MetaData()
Table("users", metadata, Column("id", Integer, primary_key=True))
keys = [Column("id", Integer, primary_key=True), Column("user", ForeignKey("users.id"))]
Table("orders", metadata, *keys, schema="shop")
Table(
    "returns",  # no revision makes it
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order", ForeignKey("shop.orders.id")),
    Column("state", Enum("open", "closed", name="return_state", schema="shop")),
    schema="shop",
)
