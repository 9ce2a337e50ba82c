"""A dump that the user gives: its format, its statements, and its way into a scratch database."""

from __future__ import annotations

from migrations_tools.engines.dumps.converting import by_program, in_container
from migrations_tools.engines.dumps.restore import Converter, Restored, restore

__all__ = ["Converter", "Restored", "by_program", "in_container", "restore"]
