import datetime

from sqlalchemy import BigInteger, DateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"
    __table_args__ = {"postgresql_partition_by": "RANGE (day)"}

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[datetime.date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    note: Mapped[str | None]
    source: Mapped[str] = mapped_column(server_default="app")


class Measurement(Base):
    __tablename__ = "measurements"
    __table_args__ = {"postgresql_partition_by": "LIST (station)"}

    station: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    value: Mapped[float]


def include_name(name, kind, parents):
    return kind != "table" or name in Base.metadata.tables


# What env.py gives to context.configure().
OPTIONS = {"include_name": include_name}
