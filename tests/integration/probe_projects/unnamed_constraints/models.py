"""New constraints without a name on tables that exist: PostgreSQL's own names, one of them taken, one too long."""

from sqlalchemy import Column, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import declarative_base

Base = declarative_base()
OPTIONS = {"include_schemas": True}
LONG = "a_column_with_a_name_that_is_much_longer_than_it_should_be"


class User(Base):
    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email", "nick"),)

    id = Column(Integer, primary_key=True)
    email = Column(String(10), unique=True)
    nick = Column(String(10), unique=True)


class Order(Base):
    __tablename__ = "orders_of_the_customers_of_the_shop"
    __table_args__ = ({"schema": "shop"},)

    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"))
    long = Column(LONG, Integer, ForeignKey("users.id"))
