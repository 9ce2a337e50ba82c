"""Shapes for pickups, vehicles, partners and shipments."""

from datetime import date, datetime
from decimal import Decimal

from src.models import PickupStatus, ShipmentStatus
from src.schemas.base import Response


class VehicleRead(Response):
    """A van or a cargo bike."""

    id: int
    site_id: int
    plate: str
    payload_kg: int
    is_available: bool


class PickupRead(Response):
    """A collection at somebody's home."""

    id: int
    site_id: int
    vehicle_id: int | None
    driver_id: int | None
    contact_name: str
    address: str
    scheduled_on: date | None
    status: PickupStatus


class PartnerRead(Response):
    """A company that takes sorted materials."""

    id: int
    name: str
    contact_email: str | None
    materials: list[str]


class ShipmentItemRead(Response):
    """A line of a shipment."""

    category_id: int
    weight_kg: Decimal
    revenue: Decimal | None


class ShipmentRead(Response):
    """A shipment and its lines."""

    id: int
    partner_id: int
    site_id: int
    status: ShipmentStatus
    created_at: datetime
    shipped_at: datetime | None
    items: list[ShipmentItemRead]
