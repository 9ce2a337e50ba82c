import datetime

from sqlalchemy import CHAR, CheckConstraint, DateTime, ForeignKey, ForeignKeyConstraint, Index, String, func, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


class Region(Base):
    __tablename__ = "regions"

    country: Mapped[str] = mapped_column(CHAR(2), primary_key=True)
    code: Mapped[str] = mapped_column(String(8), primary_key=True)


class Address(Base):
    __tablename__ = "addresses"
    __table_args__ = (ForeignKeyConstraint(["country", "region"], ["regions.country", "regions.code"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    country: Mapped[str] = mapped_column(CHAR(2))
    region: Mapped[str] = mapped_column(String(8))


class Message(Base):
    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_newest", "to_id", text("sent_at DESC")),
        CheckConstraint("from_id <> to_id", name="ck_messages_self"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("users.id", deferrable=True, initially="DEFERRED"))
    reply_to: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    sent_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Booking(Base):
    __tablename__ = "bookings"
    __table_args__ = (ExcludeConstraint(("during", "&&"), name="ex_bookings_during"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    during: Mapped[object] = mapped_column(TSTZRANGE)
