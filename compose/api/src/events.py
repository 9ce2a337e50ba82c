"""Events for the bot, through a Redis list."""

import json
import logging
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends
from redis import Redis
from redis.exceptions import RedisError

from src.settings import get_settings

QUEUE = "recyclic:events"

logger = logging.getLogger(__name__)


@lru_cache
def get_redis() -> Redis:
    """Return the client, made on first use."""
    return Redis.from_url(get_settings().redis_url, socket_connect_timeout=2, socket_timeout=2)


RedisDep = Annotated[Redis, Depends(get_redis)]


def publish(client: Redis, event_type: str, data: dict[str, Any]) -> None:
    """Append an event; a lost one is logged, for by now the request has been carried out."""
    try:
        client.rpush(QUEUE, json.dumps({"type": event_type, "data": data}))
    except RedisError:
        logger.exception("event %s was not published", event_type)
