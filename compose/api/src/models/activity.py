"""What the application tells people, and what it remembers of their doings."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from src.models.base import Base, PrimaryKey, SetOnInsert, native_enum


class NotificationChannel(StrEnum):
    """The way a notification takes."""

    TELEGRAM = "telegram"
    IN_APP = "in_app"


class EmailType(StrEnum):
    """The occasion of an e-mail."""

    WELCOME = "welcome"
    DEPOSIT_RECEIPT = "deposit_receipt"
    PICKUP_REMINDER = "pickup_reminder"
    WEEKLY_REPORT = "weekly_report"


class EmailStatus(StrEnum):
    """What became of an e-mail."""

    QUEUED = "queued"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"


class Notification(Base):
    """A short message to a user."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_unsent", "created_at", postgresql_where=text("sent_at IS NULL")),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    channel: Mapped[NotificationChannel] = mapped_column(native_enum(NotificationChannel, "notification_channel"))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[SetOnInsert]
    sent_at: Mapped[datetime | None]


class AuditEvent(Base):
    """Who did what to which object."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_entity_entity_id", "entity", "entity_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    action: Mapped[str] = mapped_column(String(80))
    entity: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[int]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    occurred_at: Mapped[SetOnInsert]


class EmailLog(Base):
    """An e-mail that the application has sent or tried to send."""

    __tablename__ = "email_logs"
    __table_args__ = (Index("ix_email_logs_status_queued_at", "status", "queued_at"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    recipient: Mapped[str] = mapped_column(String(255), index=True)
    email_type: Mapped[EmailType] = mapped_column(native_enum(EmailType, "email_type"), index=True)
    status: Mapped[EmailStatus] = mapped_column(
        native_enum(EmailStatus, "email_status"), server_default=EmailStatus.QUEUED.value
    )
    subject: Mapped[str] = mapped_column(String(255))
    provider_message_id: Mapped[str | None] = mapped_column(String(120), index=True, unique=True)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None] = mapped_column(Text)
    queued_at: Mapped[SetOnInsert]
    sent_at: Mapped[datetime | None]
