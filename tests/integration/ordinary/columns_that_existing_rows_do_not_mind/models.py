import datetime
import decimal

from sqlalchemy import ARRAY, DateTime, ForeignKey, Numeric, String, Text, func, text
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    color: Mapped[str | None] = mapped_column(String(7))
    motto: Mapped[str | None] = mapped_column(Text, comment="what they stand for")


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    nick: Mapped[str | None]
    language: Mapped[str] = mapped_column(String(2), server_default="en")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    points: Mapped[int] = mapped_column(server_default="0")
    rate: Mapped[decimal.Decimal] = mapped_column(Numeric(5, 2), server_default=text("1.5"))
    settings: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    joined_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    born: Mapped[datetime.date | None]
    avatar: Mapped[bytes | None]
    address: Mapped[object | None] = mapped_column(INET)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", name="fk_users_team"))
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", name="fk_users_invited_by"))
