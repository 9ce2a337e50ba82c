"""The same, with every drop allowed by name."""

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String
from sqlalchemy.orm import declarative_base

Base = declarative_base(metadata=MetaData())
OPTIONS = {"include_schemas": True}


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    email = Column(String(100))
    team_id = Column(Integer)
    note = Column(String(10))


class Team(Base):
    __tablename__ = "teams"
    __table_args__ = ({"schema": "shop"},)

    id = Column(Integer, primary_key=True)
    name = Column(String(100))
    lead_id = Column(Integer, ForeignKey("users.id", name="fk_teams_lead", ondelete="CASCADE"))
