from sqlalchemy import Column, Enum, Integer, MetaData, String, Table

metadata = MetaData()
STATE = Enum("open", "done", "dropped", name="state")
Table(
    "tickets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", STATE, nullable=False),
    Column("title", String(80)),
)
