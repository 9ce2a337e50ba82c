from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("name", name="uq_teams_name"),)

    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False)
    slogan = Column(Text)


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("mail LIKE '%@%'", name="ck_mail"),
        Index("ix_users_mail", "mail", postgresql_where=text("mail IS NOT NULL")),
        Index("ux_lower", func.lower(text("mail")), unique=True),
    )

    id = Column(Integer, Identity(), primary_key=True)
    team_id = Column(Integer, ForeignKey("teams.id", ondelete="CASCADE"))
    level = Column(Enum("low", "high", name="level"), server_default="low")
    made = Column(DateTime(timezone=True), server_default=func.now(), nullable=False)
    mail = Column(Text)
    doubled = Column(Integer, Computed("id * 2", persisted=True))
    many = Column(ARRAY(Integer))


class Note(Base):
    __tablename__ = "notes"

    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"), nullable=False)
    level = Column(String(9), nullable=False, default="x")
