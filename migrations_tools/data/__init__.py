"""The rows of a database: a few for every table, made from its catalog, and what has become of them.

`seed` makes them, `fingerprint` tells what tables hold (`ContentsWatch` the same, asked again and again), and
the pure `compare` what differs. The database is
asked through a callable, as for the catalog, so that no driver is imported here.
"""

from __future__ import annotations

from migrations_tools.data.contents import ColumnContents, Contents, ContentsChange, TableContents, compare, fingerprint
from migrations_tools.data.repeated import ContentsWatch
from migrations_tools.data.seeding import ROWS, Seeded, Unseeded, seed

__all__ = [
    "ROWS",
    "ColumnContents",
    "Contents",
    "ContentsChange",
    "ContentsWatch",
    "Seeded",
    "TableContents",
    "Unseeded",
    "compare",
    "fingerprint",
    "seed",
]
