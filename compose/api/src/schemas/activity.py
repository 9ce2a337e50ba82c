"""Shapes for notifications, e-mails, audit events and the figures of the front page."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from src.models import EmailStatus, EmailType, NotificationChannel
from src.schemas.base import Response


class NotificationRead(Response):
    """A short message to a user."""

    id: int
    user_id: int
    channel: NotificationChannel
    body: str
    created_at: datetime
    sent_at: datetime | None


class AuditEventRead(Response):
    """Who did what to which object."""

    id: int
    actor_id: int | None
    action: str
    entity: str
    entity_id: int
    payload: dict[str, Any]
    occurred_at: datetime


class EmailLogRead(Response):
    """An e-mail and what became of it."""

    id: int
    user_id: int | None
    recipient: str
    email_type: EmailType
    status: EmailStatus
    subject: str
    attempts: int
    error: str | None
    queued_at: datetime
    sent_at: datetime | None


class Stats(BaseModel):
    """The figures of the front page."""

    sites: int
    users: int
    deposits: int
    weight_received_kg: Decimal
    products_in_stock: int
    sales_total: Decimal
