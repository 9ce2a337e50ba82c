"""Find the migration that was never generated, and prove the fresh install, on a throw-away copy of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from invoke import Collection

    ns: Collection

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Return the task collection on demand, so that importing a part does not import Invoke."""
    if name == "ns":
        from migrations_tools.tasks import ns as collection

        return collection
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
