"""Follow the shop's events from Redis and log each of them."""

import json
import logging
import os
import signal
from threading import Event
from types import FrameType
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

QUEUE = "recyclic:events"
POLL_SECONDS = 1
RETRY_SECONDS = 2

logger = logging.getLogger("bot")


def describe(message: str) -> str:
    """Return the line to log for a message; one that is no event is quoted as it came."""
    try:
        event = json.loads(message)
        return f"{event['type']}: {event['data']}"
    except (ValueError, KeyError, TypeError):
        return f"not an event: {message!r}"


def follow(client: Redis, stopping: Event) -> None:
    """Take messages off the queue until asked to stop; the one in hand is always finished."""
    while not stopping.is_set():
        try:
            # redis-py types the answers of its blocking and its asyncio client as one.
            item = cast("list[str] | None", client.blpop([QUEUE], timeout=POLL_SECONDS))
        except RedisError as error:
            logger.warning("Redis does not answer (%s); trying again in %s s", error, RETRY_SECONDS)
            stopping.wait(RETRY_SECONDS)
            continue
        if item is not None:
            logger.info(describe(item[1]))


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stopping = Event()

    def stop(signum: int, _frame: FrameType | None) -> None:
        logger.info("%s received, stopping", signal.Signals(signum).name)
        stopping.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, stop)

    client = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    logger.info("following %s", QUEUE)
    follow(client, stopping)
    client.close()


if __name__ == "__main__":
    main()
