"""The shape of the health report."""

from typing import Literal

from pydantic import BaseModel

Outcome = Literal["ok", "failing"]


class Health(BaseModel):
    """Whether the API and what it depends on are working."""

    status: Outcome
    database: Outcome
    redis: Outcome
