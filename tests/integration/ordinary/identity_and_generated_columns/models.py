import decimal

from sqlalchemy import Computed, Identity, Numeric, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Line(Base):
    __tablename__ = "lines"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    net: Mapped[decimal.Decimal] = mapped_column(Numeric(12, 2))
    body: Mapped[str | None] = mapped_column(Text)


class Total(Base):
    __tablename__ = "totals"

    id: Mapped[int] = mapped_column(Identity(start=100, increment=10), primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    area: Mapped[int | None] = mapped_column(Computed("width * height", persisted=True))
    words: Mapped[object | None] = mapped_column(TSVECTOR, Computed("to_tsvector('simple', 'a')", persisted=True))
