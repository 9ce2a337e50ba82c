"""How long rows take: a database of many tables filled, against the time that its empty tables took to make.

Run it from a checkout with the `dev` extra: `python bench/seeding.py [tables]...`. Both are timed on the same embedded
server, so that the ratio says little of the machine; the rows per second do. Exit code 1 when filling takes longer
than making, or a table stays empty.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg

from migrations_tools.catalog import read
from migrations_tools.data import fingerprint, seed
from migrations_tools.engines.postgres import querying
from tests.support.embedded import running_server

LIMIT = 1.0
SIZES = (100, 300, 1000)
T = TypeVar("T")


def tables(count: int) -> Iterator[str]:
    """Yield tables that refer to each other, with keys, checks, defaults and the usual types."""
    for number in range(count):
        yield (
            f"CREATE TABLE t{number} (id serial PRIMARY KEY, code varchar(20) NOT NULL UNIQUE, name text, tags text[],"
            f" price numeric(10,2) NOT NULL CHECK (price > {number}), status text NOT NULL DEFAULT 'new', data jsonb,"
            " created timestamptz NOT NULL DEFAULT now(), starts date, ends date, CHECK (ends > starts),"
            f" first integer NOT NULL REFERENCES t{number // 2}, second integer REFERENCES t{number // 3})"
        )


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what the work gave, and its seconds."""
    begun = time.perf_counter()
    return work(), time.perf_counter() - begun


def measure(url: str, count: int) -> tuple[str, bool]:
    """Return a row of the table, and whether the limit is kept."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        _, made = timed(lambda: connection.execute(";".join(tables(count)).encode()))
        query = querying(connection)
        catalog, reading = timed(lambda: read(query))
        seeded, seeding = timed(lambda: seed(query, catalog))
        _, looking = timed(lambda: fingerprint(query, catalog))
    rows = sum(seeded.rows.values())
    cells = (
        f"{count}",
        f"{made:.2f} s",
        f"{reading:.2f} s",
        f"{seeding:.2f} s",
        f"{rows / seeding:.0f}",
        f"{seeding / made:.2f}",
        f"{looking:.2f} s",
    )
    return f"| {' | '.join(cells)} |", seeding / made <= LIMIT and not seeded.unseeded


def main() -> int:
    """Measure, print, and say with the exit code whether the limit is kept."""
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    lines = [
        "| tables | made | catalog read | filled | rows/s | filled : made | fingerprint |",
        "|---|---|---|---|---|---|---|",
    ]
    with running_server() as server:
        found = [measure(server.url(), count) for count in sizes]
    sys.stdout.write("\n".join([*lines, *(line for line, _ in found)]) + "\n")
    return 0 if all(kept for _, kept in found) else 1


if __name__ == "__main__":
    sys.exit(main())
