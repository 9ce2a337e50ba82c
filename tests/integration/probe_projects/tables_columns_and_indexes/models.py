"""A new table, new columns, a changed column, an index on an expression; in two schemas."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint, func, text
from sqlalchemy.orm import declarative_base

Base = declarative_base()
OPTIONS = {"include_schemas": True, "compare_type": True}


class User(Base):
    __tablename__ = "users"
    __table_args__ = (Index("ix_users_lower_email", func.lower(text("email"))),)

    id = Column(Integer, primary_key=True)
    email = Column(String(200), nullable=False)
    active = Column(Boolean, server_default=text("true"), nullable=False)


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("user_id", "number", name="uq_orders_user_id_number"), {"schema": "shop"})

    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id", name="fk_orders_user_id", ondelete="CASCADE"), nullable=False)
    number = Column(Integer, nullable=False)
    total = Column(Numeric(10, 2), index=True)
