from sqlalchemy import Column, ForeignKey, Integer, MetaData, String
from sqlalchemy.orm import declarative_base

Base = declarative_base(metadata=MetaData(schema="shop"))


class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    team_id = Column(ForeignKey("shop.teams.id", name="fk_users_team"))
    other_team_id = Column(ForeignKey("shop.teams.id"))
    name = Column(String(80))
