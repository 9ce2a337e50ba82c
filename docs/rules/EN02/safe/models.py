from sqlalchemy import Enum
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Nothing writes "faxed" any more; old orders have it.
    status: Mapped[str] = mapped_column(Enum("new", "paid", "faxed", name="order_status"))
