"""The places where the shop works: when they are open and who is on duty."""

from datetime import datetime, time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.models.base import Base, PrimaryKey, SetOnInsert, native_enum


class SiteKind(StrEnum):
    """What a site is for."""

    SHOP = "shop"
    WAREHOUSE = "warehouse"
    COLLECTION_POINT = "collection_point"


class Site(Base):
    """A shop, a warehouse or a collection point."""

    __tablename__ = "sites"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[SiteKind] = mapped_column(native_enum(SiteKind, "site_kind"), server_default=SiteKind.SHOP.value)
    address: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[SetOnInsert]

    opening_hours: Mapped[list["OpeningHours"]] = relationship(order_by="OpeningHours.weekday, OpeningHours.opens_at")


class OpeningHours(Base):
    """A span of a weekday (0 is Monday) in which a site is open."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_in_week"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        UniqueConstraint("site_id", "weekday", "opens_at"),
    )

    id: Mapped[PrimaryKey]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    weekday: Mapped[int] = mapped_column(SmallInteger)
    opens_at: Mapped[time]
    closes_at: Mapped[time]


class Shift(Base):
    """A span of time for which somebody is on duty at a site."""

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_shifts_site_id_starts_at", "site_id", "starts_at"),
    )

    id: Mapped[PrimaryKey]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
