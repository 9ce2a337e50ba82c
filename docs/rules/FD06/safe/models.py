import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"
    __table_args__ = {"postgresql_partition_by": "RANGE (day)"}

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[datetime.date] = mapped_column(primary_key=True)


def include_name(name, kind, parent_names):
    return kind != "table" or not name.startswith("events_")


# What env.py gives to context.configure().
OPTIONS = {"include_name": include_name}
