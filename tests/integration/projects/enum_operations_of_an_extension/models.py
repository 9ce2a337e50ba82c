"""A label in the middle of one type, one at the end of another, one that goes, and a text that becomes an enum."""

from sqlalchemy import Column, Enum, Integer, MetaData, Table

metadata = MetaData()
Table(
    "parcels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("size", Enum("small", "medium", "large", name="size"), nullable=False),
    Column("way", Enum("road", "air", "sea", name="way"), nullable=False),
    Column("mood", Enum("calm", name="mood")),
    Column("payment", Enum("cash", "card", name="payment")),
)
