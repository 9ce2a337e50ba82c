"""Sites, their opening hours and shifts."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from src.db import SessionDep
from src.models import OpeningHours, Shift, Site
from src.routes.common import LIST_LIMIT, not_found
from src.schemas.sites import OpeningHoursRead, ShiftRead, SiteRead

router = APIRouter(tags=["sites"])


@router.get("/sites", response_model=list[SiteRead])
def list_sites(session: SessionDep) -> Sequence[Site]:
    """List sites by name, with their opening hours."""
    query = select(Site).options(joinedload(Site.opening_hours)).order_by(Site.name)
    return session.scalars(query.limit(LIST_LIMIT)).unique().all()


@router.get("/sites/{site_id}/opening-hours", response_model=list[OpeningHoursRead])
def read_opening_hours(site_id: int, session: SessionDep) -> list[OpeningHours]:
    """Return the week of one site."""
    site = session.get(Site, site_id)
    if site is None:
        raise not_found("site")
    return site.opening_hours


@router.get("/shifts", response_model=list[ShiftRead])
def list_shifts(session: SessionDep) -> Sequence[Shift]:
    """List shifts, the latest first."""
    return session.scalars(select(Shift).order_by(Shift.starts_at.desc()).limit(LIST_LIMIT)).all()
