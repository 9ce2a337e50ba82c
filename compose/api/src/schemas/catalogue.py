"""Shapes for categories and products."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from src.models import ItemCondition, ProductStatus
from src.schemas.base import Response


class CategoryRead(Response):
    """A node of the sorting tree."""

    id: int
    parent_id: int | None
    name: str
    slug: str
    is_reusable: bool


class ProductPriceRead(Response):
    """A price and since when it holds."""

    amount: Decimal
    valid_from: datetime


class ProductRead(Response):
    """A product and its prices, the oldest first."""

    id: int
    category_id: int
    site_id: int
    label: str
    condition: ItemCondition
    status: ProductStatus
    weight_kg: Decimal | None
    attributes: dict[str, Any]
    prices: list[ProductPriceRead]
