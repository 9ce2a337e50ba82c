"""Two MetaData objects, a schema that does not exist yet, an enum type that two tables share."""

from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, Table

first, second = MetaData(), MetaData(schema="shop")
mood = Enum("sad", "fine", name="mood")
Table("users", first, Column("id", Integer, primary_key=True), Column("mood", mood))
Table("teams", first, Column("id", Integer, primary_key=True), Column("mood", mood))
Table("orders", second, Column("id", Integer, primary_key=True))
Table("lines", second, Column("order_id", ForeignKey("shop.orders.id")))


class Base:
    metadata = (first, second)


OPTIONS = {"include_name": lambda name, kind, _parents: kind != "table" or not name.startswith("celery_")}
