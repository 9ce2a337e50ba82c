"""The connection to PostgreSQL."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from src.settings import get_settings


@lru_cache
def get_engine() -> Engine:
    """Return the engine, made on first use: importing the application needs no database."""
    return create_engine(get_settings().database_url, pool_pre_ping=True, connect_args={"connect_timeout": 2})


def get_session() -> Iterator[Session]:
    """Give a request its session; what was not committed is rolled back."""
    with Session(get_engine()) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
