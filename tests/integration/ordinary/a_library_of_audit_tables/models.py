from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, MetaData, Numeric, String, Table, Text, func


def audit(name, *columns):
    return Table(
        name,
        metadata,
        Column("id", BigInteger, primary_key=True),
        *columns,
        Column("changed_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
        Index(f"ix_{name}_changed_at", "changed_at"),
    )


metadata = MetaData()
users = audit("users_audit", Column("email", String), Column("by", Integer, nullable=False))
orders = audit("orders_audit", Column("total", Numeric(12, 2)), Column("by", Integer, nullable=False))
items = audit("items_audit", Column("name", Text), Column("by", Integer, nullable=False))
prices = audit("prices_audit", Column("price", Numeric(12, 2)), Column("by", Integer, nullable=False))
stocks = audit("stocks_audit", Column("count", Integer, server_default="0"), Column("by", Integer, nullable=False))
