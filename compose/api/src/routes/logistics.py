"""Pickups, vehicles, partners and shipments."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from src.db import SessionDep
from src.models import Partner, Pickup, Shipment, Vehicle
from src.routes.common import LIST_LIMIT
from src.schemas.logistics import PartnerRead, PickupRead, ShipmentRead, VehicleRead

router = APIRouter(tags=["logistics"])


@router.get("/vehicles", response_model=list[VehicleRead])
def list_vehicles(session: SessionDep) -> Sequence[Vehicle]:
    """List vehicles by plate."""
    return session.scalars(select(Vehicle).order_by(Vehicle.plate).limit(LIST_LIMIT)).all()


@router.get("/pickups", response_model=list[PickupRead])
def list_pickups(session: SessionDep) -> Sequence[Pickup]:
    """List pickups, the newest first."""
    return session.scalars(select(Pickup).order_by(Pickup.id.desc()).limit(LIST_LIMIT)).all()


@router.get("/partners", response_model=list[PartnerRead])
def list_partners(session: SessionDep) -> Sequence[Partner]:
    """List partners by name."""
    return session.scalars(select(Partner).order_by(Partner.name).limit(LIST_LIMIT)).all()


@router.get("/shipments", response_model=list[ShipmentRead])
def list_shipments(session: SessionDep) -> Sequence[Shipment]:
    """List shipments, the newest first, with their lines."""
    query = select(Shipment).options(joinedload(Shipment.items)).order_by(Shipment.id.desc())
    return session.scalars(query.limit(LIST_LIMIT)).unique().all()
