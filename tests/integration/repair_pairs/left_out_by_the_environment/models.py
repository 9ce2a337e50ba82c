from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.orm import declarative_base

LEFT_OUT = ("ix_by_hand", "uq_by_hand", "made", "by_hand", "queue", "elsewhere")
THEIRS = ("ix_of_theirs", "uq_of_theirs", "fk_of_theirs")


def include_object(_object, name, _kind, _reflected, _compared):
    return name not in LEFT_OUT + THEIRS


Base = declarative_base()
OPTIONS = {"include_object": include_object}


class User(Base):
    __tablename__ = "users"
    __table_args__ = (Index("ix_by_hand", "name"), UniqueConstraint("name", name="uq_by_hand"))

    id = Column(Integer, primary_key=True)
    name = Column(Text)
    by_hand = Column(Text)


elsewhere = Table("elsewhere", Base.metadata, Column("id", Integer, primary_key=True))


class Job(Base):
    __tablename__ = "jobs"

    id = Column(Integer, primary_key=True, autoincrement=False)
    queue_id = Column(Integer)
