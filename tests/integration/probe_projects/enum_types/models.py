"""Enum types: new, new in two tables, in use already, in an array, in another schema, behind a TypeDecorator."""

import enum

from sqlalchemy import ARRAY, Column, Enum, Integer, MetaData, Table, TypeDecorator
from sqlalchemy.dialects import postgresql

OPTIONS = {"include_schemas": True}


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Decorated(TypeDecorator):
    """An enum type that renders as this class."""

    impl = Enum("low", "high", name="level")
    cache_ok = True


class Base:
    metadata = MetaData()


awkward = Enum("it's", "50% off", ' "x" :y', "a::b", name="Awkward Type", metadata=Base.metadata)
mood = Enum("sad", "fine", name="mood")
tags = ARRAY(Enum("a", "b", name="tag"))

Table(
    "posts",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("mood", mood),
    Column("color", Enum(Color, name="color")),
    Column("tags", tags),
    Column("more_tags", tags),
)
Table(
    "comments",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("mood", mood, server_default="fine"),
    Column("color", Enum(Color, name="color"), nullable=False),
    Column("level", Decorated()),
    Column("kind", Enum("x", "y", name="kind", schema="shop")),
    Column("awkward", awkward),
)
Table(
    "users",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("mood", mood),
    Column("state", postgresql.ENUM("on", "off", name="state")),
)
