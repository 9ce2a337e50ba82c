"""The tasks of this checkout: the tool's own, on the bundled example (see invoke.yaml)."""

from __future__ import annotations

from migrations_tools import ns

__all__ = ["ns"]
