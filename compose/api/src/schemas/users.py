"""Shapes for people."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from src.models import UserRole
from src.schemas.base import Response

EmailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=255, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
]


class UserCreate(BaseModel):
    """A person to add."""

    email: EmailAddress
    full_name: str = Field(min_length=1, max_length=120)
    role: UserRole = UserRole.VOLUNTEER


class UserRead(Response):
    """A person."""

    id: int
    email: str
    full_name: str
    role: UserRole
    is_active: bool
    created_at: datetime
