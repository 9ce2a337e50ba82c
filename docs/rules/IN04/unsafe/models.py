from sqlalchemy import Index, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_open", "id", postgresql_where=text("state <> 'paid'")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
