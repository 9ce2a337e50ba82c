"""Shapes for cash registers and sales."""

from datetime import datetime
from decimal import Decimal

from src.models import CashSessionStatus, PaymentMethod
from src.schemas.base import Response


class CashRegisterRead(Response):
    """A till of a site."""

    id: int
    site_id: int
    label: str


class CashSessionRead(Response):
    """A register from opening to closing."""

    id: int
    register_id: int
    status: CashSessionStatus
    opening_float: Decimal
    closing_count: Decimal | None
    opened_at: datetime
    closed_at: datetime | None


class SaleItemRead(Response):
    """A line of a sale."""

    product_id: int | None
    label: str
    quantity: int
    unit_price: Decimal


class SaleRead(Response):
    """A sale and its lines."""

    id: int
    session_id: int
    seller_id: int | None
    total: Decimal
    sold_at: datetime
    items: list[SaleItemRead]


class PaymentRead(Response):
    """Money taken for a sale."""

    id: int
    sale_id: int
    method: PaymentMethod
    amount: Decimal
    paid_at: datetime
