from sqlalchemy import Column, Integer, MetaData, String, Table, UniqueConstraint

metadata = MetaData()
Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80)),
    Column("age", Integer),
    UniqueConstraint("name", name="uq_users_name"),
)
