from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import declarative_base

Base = declarative_base()
counter = Sequence("counter", increment=5, metadata=Base.metadata)


class Team(Base):
    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("id", "name", name="uq_teams"),)

    id = Column(Integer, primary_key=True)
    name = Column(Text)


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("age > 1 AND nick <> '\\:none'", name="ck_age"),
        CheckConstraint("mail <> ''"),
        Index("ix_nick", "nick", postgresql_where=text("nick <> '\\:x'"), postgresql_include=["mail"]),
        Index("ix_mail", "mail", "nick", postgresql_using="btree"),
    )

    id = Column(Integer, primary_key=True)
    team_id = Column(Integer, ForeignKey("teams.id", name="fk_team"))
    age = Column(Integer, server_default="2")
    nick = Column(Text(collation="C"), comment="it's {new} at 1:30")
    mail = Column(Text)
    made = Column(DateTime)
    doubled = Column(Integer, Computed("age * 3", persisted=True))
