"""People who work in the shop."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, status
from psycopg.errors import UniqueViolation
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from src.db import SessionDep
from src.models import User
from src.routes.common import LIST_LIMIT, not_found
from src.schemas.users import UserCreate, UserRead

router = APIRouter(prefix="/users", tags=["users"])

EMAIL_CONSTRAINT = "uq_users_email"


def is_duplicate_email(error: IntegrityError) -> bool:
    """Tell whether the database refused a second user with the same address."""
    cause = error.orig
    return isinstance(cause, UniqueViolation) and cause.diag.constraint_name == EMAIL_CONSTRAINT


@router.get("", response_model=list[UserRead])
def list_users(session: SessionDep) -> Sequence[User]:
    """List people, the newest first."""
    return session.scalars(select(User).order_by(User.id.desc()).limit(LIST_LIMIT)).all()


@router.get("/{user_id}", response_model=UserRead)
def read_user(user_id: int, session: SessionDep) -> User:
    """Return one person."""
    user = session.get(User, user_id)
    if user is None:
        raise not_found("user")
    return user


@router.post("", response_model=UserRead, status_code=status.HTTP_201_CREATED)
def create_user(new: UserCreate, session: SessionDep) -> User:
    """Add a person; 409 when the address is taken."""
    user = User(**new.model_dump())
    session.add(user)
    # Only the constraint can tell for certain: a look beforehand would race with other requests.
    try:
        session.commit()
    except IntegrityError as error:
        if is_duplicate_email(error):
            raise HTTPException(status.HTTP_409_CONFLICT, "this e-mail is taken") from error
        raise
    return user
