from sqlalchemy import CheckConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Line(Base):
    __tablename__ = "lines"
    __table_args__ = (CheckConstraint("amount > 0", name="ck_lines_amount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int | None]
