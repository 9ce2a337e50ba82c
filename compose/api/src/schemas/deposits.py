"""Shapes for deposits."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from src.models import DepositStatus, ItemCondition
from src.schemas.base import Response


class DepositItemCreate(BaseModel):
    """Things of one category and condition, weighed together."""

    category_id: int
    condition: ItemCondition
    weight_kg: Decimal = Field(gt=0, max_digits=8, decimal_places=3)
    quantity: int = Field(default=1, gt=0)


class DepositCreate(BaseModel):
    """A visit of a donor to record."""

    site_id: int
    received_by_id: int | None = None
    donor_name: str | None = Field(default=None, max_length=160)
    note: str | None = None
    items: list[DepositItemCreate] = Field(min_length=1)


class DepositItemRead(Response):
    """A line of a deposit."""

    category_id: int
    condition: ItemCondition
    weight_kg: Decimal
    quantity: int


class DepositRead(Response):
    """A deposit and its lines."""

    id: int
    site_id: int
    received_by_id: int | None
    donor_name: str | None
    status: DepositStatus
    note: str | None
    received_at: datetime
    items: list[DepositItemRead]
