from sqlalchemy import ARRAY, Enum, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


STATUS = Enum("new", "paid", name="order_status")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(STATUS, server_default="new")
    past: Mapped[list[str] | None] = mapped_column(ARRAY(STATUS))

    __table_args__ = (Index("ix_orders_new", "id", postgresql_where=status == "new"),)
