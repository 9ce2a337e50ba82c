"""A table that differs from its database in one way for each kind of edit, and two tables that refer to each other."""

import os

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, UniqueConstraint
from sqlalchemy.orm import declarative_base

OPTIONS = {
    "render_as_batch": bool(os.environ.get("BATCH")),
    "compare_type": True,
    "include_schemas": bool(os.environ.get("SCHEMA")),
}
Base = declarative_base(metadata=MetaData(schema=os.environ.get("SCHEMA") or None))
PREFIX = Base.metadata.schema + "." if Base.metadata.schema else ""


class User(Base):
    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"), Index("ix_users_nick", "nick"), Index("ix_users_seen", "seen"))

    id = Column(Integer, primary_key=True)
    full = Column(String(40))
    age = Column(Integer)
    nick = Column(String(20))
    email = Column(String(90))
    seen = Column(Integer)
    active = Column(Boolean, nullable=False)
    locale = Column(String(5), nullable=False)


class Egg(Base):
    __tablename__ = "eggs"

    id = Column(Integer, primary_key=True)
    hen_id = Column(Integer, ForeignKey(PREFIX + "hens.id"))


class Hen(Base):
    __tablename__ = "hens"

    id = Column(Integer, primary_key=True)
    egg_id = Column(Integer, ForeignKey(PREFIX + "eggs.id", name="fk_hens_egg"))
