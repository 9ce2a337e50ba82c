from sqlalchemy import Column, Enum, Integer, MetaData, Table

metadata = MetaData()
STATE = Enum("open", "done", "dropped", name="state")
Table(
    "tickets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", STATE, nullable=False),
    Column("before", STATE, nullable=False, server_default="dropped"),
)
