"""Cash registers and sales."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from src.db import SessionDep
from src.models import CashRegister, CashSession, Payment, Sale
from src.routes.common import LIST_LIMIT
from src.schemas.sales import CashRegisterRead, CashSessionRead, PaymentRead, SaleRead

router = APIRouter(tags=["sales"])


@router.get("/cash-registers", response_model=list[CashRegisterRead])
def list_cash_registers(session: SessionDep) -> Sequence[CashRegister]:
    """List the tills of all sites."""
    query = select(CashRegister).order_by(CashRegister.site_id, CashRegister.label)
    return session.scalars(query.limit(LIST_LIMIT)).all()


@router.get("/cash-sessions", response_model=list[CashSessionRead])
def list_cash_sessions(session: SessionDep) -> Sequence[CashSession]:
    """List cash sessions, the newest first."""
    query = select(CashSession).order_by(CashSession.id.desc())
    return session.scalars(query.limit(LIST_LIMIT)).all()


@router.get("/sales", response_model=list[SaleRead])
def list_sales(session: SessionDep) -> Sequence[Sale]:
    """List sales, the newest first, with their lines."""
    query = select(Sale).options(joinedload(Sale.items)).order_by(Sale.id.desc())
    return session.scalars(query.limit(LIST_LIMIT)).unique().all()


@router.get("/payments", response_model=list[PaymentRead])
def list_payments(session: SessionDep) -> Sequence[Payment]:
    """List payments, the newest first."""
    return session.scalars(select(Payment).order_by(Payment.id.desc()).limit(LIST_LIMIT)).all()
