import datetime
import decimal
import uuid

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    String,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import CITEXT, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    level: Mapped[int] = mapped_column(SmallInteger, server_default="1")


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("amount >= 0"),
        Index("ix_users_payload", "payload", postgresql_using="gin"),
        Index("ix_users_label", text("lower(label)"), unique=True, postgresql_where=text("active")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    email: Mapped[str] = mapped_column(CITEXT, unique=True, comment="lower or upper")
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"), index=True)
    mood: Mapped[str] = mapped_column(Enum("good", "bad", name="mood"), server_default="good")
    moods: Mapped[list[str]] = mapped_column(ARRAY(Enum("good", "bad", name="mood")), server_default="{}")
    amount: Mapped[decimal.Decimal] = mapped_column(Numeric(10, 2), server_default=text("0"))
    ratio: Mapped[float | None]
    payload: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    key: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    day: Mapped[datetime.date] = mapped_column(server_default=func.current_date())
    until: Mapped[datetime.time | None]
    took: Mapped[datetime.timedelta | None]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    label: Mapped[str] = mapped_column(server_default="new: {x}")
    net: Mapped[int | None] = mapped_column(Computed("1 + 1", persisted=True))


# What env.py gives to context.configure().
OPTIONS = {"compare_server_default": True, "compare_type": True}
