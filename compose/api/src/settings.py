"""What the environment sets."""

import os
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a running API."""

    database_url: str
    redis_url: str
    cors_origins: tuple[str, ...]


@lru_cache
def get_settings() -> Settings:
    """Read the settings once; raise KeyError when DATABASE_URL is not set."""
    origins = os.environ.get("CORS_ORIGINS", "http://localhost:4444").split(",")
    return Settings(
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ.get("REDIS_URL", "redis://localhost:6379/0"),
        cors_origins=tuple(origin.strip() for origin in origins if origin.strip()),
    )
