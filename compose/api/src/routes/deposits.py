"""What people bring in."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, status
from psycopg.errors import ForeignKeyViolation
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from src.db import SessionDep
from src.events import RedisDep, publish
from src.models import Deposit, DepositItem
from src.routes.common import LIST_LIMIT, not_found
from src.schemas.deposits import DepositCreate, DepositRead

router = APIRouter(prefix="/deposits", tags=["deposits"])


@router.get("", response_model=list[DepositRead])
def list_deposits(session: SessionDep) -> Sequence[Deposit]:
    """List deposits, the newest first, with their lines."""
    query = select(Deposit).options(joinedload(Deposit.items)).order_by(Deposit.id.desc())
    return session.scalars(query.limit(LIST_LIMIT)).unique().all()


@router.get("/{deposit_id}", response_model=DepositRead)
def read_deposit(deposit_id: int, session: SessionDep) -> Deposit:
    """Return one deposit."""
    deposit = session.get(Deposit, deposit_id)
    if deposit is None:
        raise not_found("deposit")
    return deposit


@router.post("", response_model=DepositRead, status_code=status.HTTP_201_CREATED)
def create_deposit(new: DepositCreate, session: SessionDep, client: RedisDep) -> Deposit:
    """Record a deposit and tell the bot; 422 when it refers to something that does not exist."""
    items = [DepositItem(**item.model_dump()) for item in new.items]
    deposit = Deposit(**new.model_dump(exclude={"items"}), items=items)
    session.add(deposit)
    try:
        session.commit()
    except IntegrityError as error:
        if isinstance(error.orig, ForeignKeyViolation):
            detail = error.orig.diag.message_detail
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, detail) from error
        raise
    publish(client, "deposit.received", {"id": deposit.id, "site_id": deposit.site_id})
    return deposit
