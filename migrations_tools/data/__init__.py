"""The rows of a database: a few for every table, made from its catalog, and what became of them."""

from __future__ import annotations

from migrations_tools.data.seeding import ROWS, Seeded, Unseeded, seed

__all__ = ["ROWS", "Seeded", "Unseeded", "seed"]
