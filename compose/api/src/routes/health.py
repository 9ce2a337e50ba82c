"""Whether the API works."""

import logging

from fastapi import APIRouter, Response, status
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from src.db import SessionDep
from src.events import RedisDep
from src.schemas.health import Health, Outcome

router = APIRouter(tags=["health"])

logger = logging.getLogger(__name__)


def check_database(session: Session) -> Outcome:
    """Ask PostgreSQL for an answer."""
    try:
        session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        logger.warning("PostgreSQL does not answer: %s", error)
        return "failing"
    return "ok"


def check_redis(client: Redis) -> Outcome:
    """Ask Redis for an answer."""
    try:
        client.ping()
    except RedisError as error:
        logger.warning("Redis does not answer: %s", error)
        return "failing"
    return "ok"


@router.get("/health", responses={503: {"model": Health}})
def health(session: SessionDep, client: RedisDep, response: Response) -> Health:
    """Report on PostgreSQL and Redis; 503 when either of them fails."""
    database, redis = check_database(session), check_redis(client)
    if "failing" in (database, redis):
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return Health(status="failing", database=database, redis=redis)
    return Health(status="ok", database=database, redis=redis)
