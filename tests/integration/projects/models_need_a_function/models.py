from sqlalchemy import Column, Integer, MetaData, String, Table, text

metadata = MetaData()
Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(8), server_default=text("new_code()")),
    Column("name", String(80)),
)
