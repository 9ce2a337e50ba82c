from sqlalchemy import CheckConstraint, Column, Date, ForeignKeyConstraint, Index, Integer, Text
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Event(Base):
    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_kind", "kind"),
        CheckConstraint("kind <> ''", name="ck_kind"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id = Column(Integer, primary_key=True, autoincrement=False)
    at = Column(Date, primary_key=True)
    kind = Column(Text, server_default="x")


class Note(Base):
    __tablename__ = "notes"
    __table_args__ = (ForeignKeyConstraint(["event_id", "at"], ["events.id", "events.at"]),)

    id = Column(Integer, primary_key=True, autoincrement=False)
    event_id = Column(Integer)
    at = Column(Date)
