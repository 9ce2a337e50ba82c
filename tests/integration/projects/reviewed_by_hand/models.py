from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, UniqueConstraint

metadata = MetaData()
Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(80)),
    Column("age", Integer),
    Column("name", String(80)),
    UniqueConstraint("email", name="uq_users_email"),
)
Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE", name="fk_orders_user"), nullable=False),
)
