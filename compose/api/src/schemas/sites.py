"""Shapes for sites and shifts."""

from datetime import datetime, time

from src.models import SiteKind
from src.schemas.base import Response


class OpeningHoursRead(Response):
    """A span of a weekday; 0 is Monday."""

    weekday: int
    opens_at: time
    closes_at: time


class SiteRead(Response):
    """A site and its opening hours."""

    id: int
    name: str
    kind: SiteKind
    address: str | None
    opening_hours: list[OpeningHoursRead]


class ShiftRead(Response):
    """A span of duty."""

    id: int
    site_id: int
    user_id: int
    starts_at: datetime
    ends_at: datetime
