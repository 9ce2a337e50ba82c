"""How long the review takes, and how that grows with the number of operations; with a commit, against that commit.

Run it from a checkout: `python bench/review.py [COMMIT]`. Each case is reviewed in a Python of its own, without a
database. `growth` is the time for four times as many operations, divided by four: 1 is linear. The commit's time is
that of 100 operations; its review of 1,600 would take hours where it grows with the cube.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from bench.harness import keep, machine
from migrations_tools.catalog import Catalog, Column, Constraint, Index, Table
from migrations_tools.operations import Operation
from migrations_tools.provenance import Revision
from migrations_tools.review import assessment
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import parse_allowances
from migrations_tools.revision_runs import Executed, Lock, OperationRun, Relation, RevisionPass, SentStatement, State

ROOT = Path(__file__).resolve().parents[1]
SIZES = (100, 400, 1600)


def _table(name: str, columns: int, *parts: Constraint | Index) -> Table:
    own = tuple(Column(name, f"c{number}", "text") for number in range(columns))
    constraints = tuple(part for part in parts if isinstance(part, Constraint))
    return Table("public", name, "ordinary", own, constraints, tuple(part for part in parts if isinstance(part, Index)))


def _index(table: str, number: int) -> Index:
    definition = f"CREATE INDEX ix_{table}_{number} ON public.{table} USING btree (c{number})"
    return Index(table, f"ix_{table}_{number}", definition, columns=(f"c{number}",))


def dropped_indexes(count: int) -> ReviewContext:
    """Drop the indexes of one table that a revision has made."""
    indexes = [_index("t", number) for number in range(count)]
    lines = [f"    op.create_index('{each.name}', 't', ['{each.columns[0]}'])" for each in indexes]
    history = Revision("1", (), "1_indexes.py", "indexes", "\n".join(["def upgrade():", *lines]))
    operations = (
        Operation(number, "drop_index", "t", each.name, columns=each.columns) for number, each in enumerate(indexes)
    )
    before, after = Catalog(tables=(_table("t", count, *indexes),)), Catalog(tables=(_table("t", count),))
    return ReviewContext(tuple(operations), before, after, (history,))


def new_tables(count: int) -> ReviewContext:
    """Create tables, each with a foreign key to one before and one after it."""
    names = [f"t{number}" for number in range(count)]
    tables = []
    for number, name in enumerate(names):
        keys = [
            Constraint(name, f"fk_{other}", "foreign key", f"FOREIGN KEY (c0) REFERENCES {other}(c0)", ("c0",), other)
            for other in (names[number // 2], names[min(number + 1, count - 1)])
        ]
        tables.append(_table(name, 5, *keys))
    operations = tuple(Operation(number, "create_table", name, "") for number, name in enumerate(names))
    return ReviewContext(operations, Catalog(), Catalog(tables=tuple(tables)))


def dropped_tables(count: int) -> ReviewContext:
    """Drop tables that refer to each other."""
    after = new_tables(count).after
    tables = after.tables if after else ()
    operations = tuple(Operation(number, "drop_table", each.name, "") for number, each in enumerate(tables))
    return ReviewContext(operations, Catalog(tables=tables), Catalog())


def renamed_columns(count: int) -> ReviewContext:
    """Drop a column of each table and add another like it, with an index on it."""
    operations, before, after = [], [], []
    for number in range(count):
        name = f"t{number}"
        before.append(_table(name, 5, _index(name, 4)))
        after.append(
            Table("public", name, "ordinary", (*before[-1].columns[:4], Column(name, "c4_new", "text")), (), ())
        )
        operations += [
            Operation(3 * number, "drop_index", name, f"ix_{name}_4", columns=("c4",)),
            Operation(3 * number + 1, "drop_column", name, "c4", columns=("c4",)),
            Operation(3 * number + 2, "add_column", name, "c4_new", columns=("c4_new",)),
        ]
    return ReviewContext(tuple(operations), Catalog(tables=tuple(before)), Catalog(tables=tuple(after)))


def unseen_checks(count: int) -> ReviewContext:
    """Find a check constraint in the models of each table, and no operation for it."""
    names = [f"t{number}" for number in range(count)]
    checks = [Constraint(name, f"ck_{name}", "check", "CHECK ((c0 <> ''::text))", ("c0",)) for name in names]
    before = tuple(_table(name, 5) for name in names)
    after = tuple(_table(name, 5, check) for name, check in zip(names, checks, strict=True))
    return ReviewContext((), Catalog(tables=before), Catalog(tables=after))


def locking_statements(count: int) -> ReviewContext:
    """Execute a revision that adds a column to each table."""
    tables = tuple(_table(f"t{number}", 5) for number in range(count))
    steps = []
    for number, table in enumerate(tables):
        lock = Lock(Relation("public", table.name, "table"), "ACCESS EXCLUSIVE")
        sent = SentStatement(f"ALTER TABLE {table.name} ADD COLUMN d text", "ALTER TABLE", number, 0.0, locks=(lock,))
        steps.append(OperationRun(Operation(number, "add_column", table.name, "d"), "1.py", number, (sent,)))
    state = State(Catalog(tables=tables), None)
    executed = Executed(
        "1", "1.py", "", before=state, up=RevisionPass("1", "upgrade", "", tuple(steps), 0.0), after_up=state
    )
    return ReviewContext(before=state.catalog, executed=executed)


CASES: dict[str, Callable[[int], ReviewContext]] = {
    "dropped indexes": dropped_indexes,
    "dropped indexes, allowed": dropped_indexes,
    "new tables": new_tables,
    "dropped tables": dropped_tables,
    "renamed columns": renamed_columns,
    "unseen checks": unseen_checks,
    "locking statements": locking_statements,
}


def one(case: str, count: int) -> float:
    """Return the seconds that one review takes."""
    facts = CASES[case](count)
    allowed = [f"FD08:{item.object}" for item in facts.operations] if case.endswith("allowed") else []
    allowances = parse_allowances(allowed, datetime.date(2026, 1, 1))
    begun = time.perf_counter()
    (assessment.measured if facts.executed else assessment.review)(facts, allowances)
    return time.perf_counter() - begun


def seconds(root: Path, case: str, count: int) -> float:
    """Return the seconds that a review takes in a Python of its own, by the package under a folder."""
    words = [sys.executable, __file__, "--one", case, str(count)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return float(subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout)


def rows(commit: str, rival: Path) -> Iterator[str]:
    """Yield the lines of the table; those of a commit, whose package lies in a folder, with its times."""
    more = f" {commit}, {SIZES[0]} | ratio |" if commit else ""
    yield f"| operations | {' | '.join(map(str, SIZES))} | growth |{more}"
    yield f"|{'---|' * (len(SIZES) + (4 if commit else 2))}"
    for case in CASES:
        taken = [seconds(ROOT, case, count) for count in SIZES]
        cells = [f"{each:.3f} s" for each in taken] + [f"{taken[-1] / taken[-2] / 4:.1f}"]
        if commit:
            theirs = seconds(rival, case, SIZES[0])
            cells += [f"{theirs:.3f} s", f"{taken[0] / theirs:.3f}"]
        yield f"| {case} | {' | '.join(cells)} |"


def main(commit: str = "") -> None:
    """Measure all cases, and keep the table."""
    with tempfile.TemporaryDirectory() as folder:
        if commit:
            archive = ["git", "archive", commit, "migrations_tools"]
            packed = subprocess.run(archive, cwd=ROOT, check=True, capture_output=True).stdout
            subprocess.run(["tar", "-x", "-C", folder], input=packed, check=True)
        keep("review", "\n".join([f"# The review\n\n{machine()}\n", *rows(commit, Path(folder))]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        sys.stdout.write(f"{one(sys.argv[2], int(sys.argv[3]))}\n")
    else:
        main(*sys.argv[1:])
