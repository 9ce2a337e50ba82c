"""Notifications, e-mails, audit events and the figures of the front page."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy import func, select

from src.db import SessionDep
from src.models import (
    AuditEvent,
    Deposit,
    DepositItem,
    EmailLog,
    Notification,
    Product,
    ProductStatus,
    Sale,
    Site,
    User,
)
from src.routes.common import LIST_LIMIT
from src.schemas.activity import AuditEventRead, EmailLogRead, NotificationRead, Stats

router = APIRouter(tags=["activity"])


@router.get("/notifications", response_model=list[NotificationRead])
def list_notifications(session: SessionDep) -> Sequence[Notification]:
    """List notifications, the newest first."""
    query = select(Notification).order_by(Notification.id.desc())
    return session.scalars(query.limit(LIST_LIMIT)).all()


@router.get("/email-logs", response_model=list[EmailLogRead])
def list_email_logs(session: SessionDep) -> Sequence[EmailLog]:
    """List e-mails, the newest first."""
    return session.scalars(select(EmailLog).order_by(EmailLog.id.desc()).limit(LIST_LIMIT)).all()


@router.get("/audit-events", response_model=list[AuditEventRead])
def list_audit_events(session: SessionDep) -> Sequence[AuditEvent]:
    """List audit events, the newest first."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc())
    return session.scalars(query.limit(LIST_LIMIT)).all()


@router.get("/stats")
def read_stats(session: SessionDep) -> Stats:
    """Return the figures of the front page."""
    in_stock = Product.status == ProductStatus.IN_STOCK
    figures = select(
        select(func.count(Site.id)).scalar_subquery().label("sites"),
        select(func.count(User.id)).scalar_subquery().label("users"),
        select(func.count(Deposit.id)).scalar_subquery().label("deposits"),
        select(func.coalesce(func.sum(DepositItem.weight_kg), 0)).scalar_subquery().label("weight_received_kg"),
        select(func.count(Product.id)).where(in_stock).scalar_subquery().label("products_in_stock"),
        select(func.coalesce(func.sum(Sale.total), 0)).scalar_subquery().label("sales_total"),
    )
    return Stats.model_validate(session.execute(figures).one(), from_attributes=True)
