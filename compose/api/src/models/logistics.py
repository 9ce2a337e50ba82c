"""Collecting at people's homes, and what leaves for other recyclers."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.models.base import Base, Money, PrimaryKey, SetOnInsert, native_enum


class PickupStatus(StrEnum):
    """How far a pickup has come."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    DONE = "done"
    CANCELLED = "cancelled"


class ShipmentStatus(StrEnum):
    """How far a shipment has come."""

    DRAFT = "draft"
    SHIPPED = "shipped"
    CONFIRMED = "confirmed"


class Vehicle(Base):
    """A van or a cargo bike."""

    __tablename__ = "vehicles"
    __table_args__ = (CheckConstraint("payload_kg > 0", name="payload_positive"),)

    id: Mapped[PrimaryKey]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="RESTRICT"))
    plate: Mapped[str] = mapped_column(String(16), unique=True)
    payload_kg: Mapped[int]
    is_available: Mapped[bool] = mapped_column(server_default=true())


class Pickup(Base):
    """A collection at somebody's home."""

    __tablename__ = "pickups"
    __table_args__ = (Index("ix_pickups_status_scheduled_on", "status", "scheduled_on"),)

    id: Mapped[PrimaryKey]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="RESTRICT"))
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicles.id", ondelete="SET NULL"))
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    contact_name: Mapped[str] = mapped_column(String(120))
    contact_phone: Mapped[str | None] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(Text)
    scheduled_on: Mapped[date | None]
    status: Mapped[PickupStatus] = mapped_column(
        native_enum(PickupStatus, "pickup_status"), server_default=PickupStatus.REQUESTED.value
    )
    created_at: Mapped[SetOnInsert]


class Partner(Base):
    """A company that takes sorted materials."""

    __tablename__ = "partners"
    __table_args__ = (Index("ix_partners_name_lower", text("lower(name)"), unique=True),)

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(160))
    contact_email: Mapped[str | None] = mapped_column(String(255))
    materials: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")


class Shipment(Base):
    """Materials on their way to a partner."""

    __tablename__ = "shipments"

    id: Mapped[PrimaryKey]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id", ondelete="RESTRICT"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="RESTRICT"))
    status: Mapped[ShipmentStatus] = mapped_column(
        native_enum(ShipmentStatus, "shipment_status"), server_default=ShipmentStatus.DRAFT.value
    )
    created_at: Mapped[SetOnInsert]
    shipped_at: Mapped[datetime | None]

    items: Mapped[list["ShipmentItem"]] = relationship(order_by="ShipmentItem.id")


class ShipmentItem(Base):
    """The weight of one category in a shipment, and what the partner pays for it."""

    __tablename__ = "shipment_items"
    __table_args__ = (
        CheckConstraint("weight_kg > 0", name="weight_positive"),
        UniqueConstraint("shipment_id", "category_id"),
    )

    id: Mapped[PrimaryKey]
    shipment_id: Mapped[int] = mapped_column(ForeignKey("shipments.id", ondelete="CASCADE"))
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id", ondelete="RESTRICT"))
    weight_kg: Mapped[Decimal] = mapped_column(Numeric(10, 3))
    revenue: Mapped[Money | None]
