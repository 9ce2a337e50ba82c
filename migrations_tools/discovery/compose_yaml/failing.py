"""Where something stands in a Compose file, and the one error for what cannot be followed there."""

from __future__ import annotations

from typing import NoReturn

from migrations_tools.errors import CannotProceed

_TIP = (
    "This file is read without Docker, which follows less than `docker compose` does; the engine `compose` follows all."
)


def fail(place: str, sentence: str) -> NoReturn:
    """Raise CannotProceed for a place: a file and what in it, as "compose.yaml: services.api.ports"."""
    raise CannotProceed(f"{place}: {sentence}", tip=_TIP)
