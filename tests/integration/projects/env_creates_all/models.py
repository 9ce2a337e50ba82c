from sqlalchemy import Column, Enum, Integer, MetaData, String, Table

metadata = MetaData()
Table(
    "farms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("area", Integer),
    Column("kind", Enum("dairy", "arable", name="kind")),
    Column("owner", String(30)),
)
