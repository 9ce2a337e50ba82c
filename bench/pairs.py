"""Awkward pairs of a database and models: what plain Alembic writes for them, beside what this tool writes.

`python bench/pairs.py [name …]`, in an environment with the `dev` extra. The pairs are the Markdown files of
`bench/pairs/`: a heading names the pair, `sql` is the database with two rows a table, `python` its models (what is
imported is in `PRELUDE`), `json` what the user says to the tool (allow, rename, backfill). For both sides the file is
taken up, down and up again by Alembic alone, and the outcome read from the catalog and the rows:

- works: up, down and up again without an error, rows in every table;
- equal: the schema is then what the models' own DDL makes; for the tool, but for what it said;
- kept: no table, column, row, value, constraint or index is gone that nobody wanted gone.

Without names, the totals are written to `bench/pairs/RESULTS.md`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from alembic import command, context
from alembic.config import Config
from sqlalchemy import create_engine, event, pool

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from migrations_tools.catalog import Catalog, Difference, Table, compare
from migrations_tools.errors import MigrationsToolsError
from migrations_tools.report.generate_result import Generated
from migrations_tools.review.findings import Finding
from tests.support.embedded import running_server
from tests.support.probing import with_driver
from tests.support.reviewing import Desk, Example, desk_on

FOLDER = ROOT / "bench" / "pairs"
RESULTS = FOLDER / "RESULTS.md"
PRELUDE = """\
import datetime
import decimal
import enum
import uuid

from sqlalchemy import *
from sqlalchemy.dialects.postgresql import *
from sqlalchemy.orm import *
from sqlalchemy.types import TypeDecorator

try:
    class Base(DeclarativeBase):
        pass
except NameError:
    Base = declarative_base()

"""
VERSION_TABLE = "alembic_version"
Rows = Mapping[str, list[dict[str, Any]]]


# --- the pairs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """An awkward pair: its family (a rule's first letters), its name, and the example that it is."""

    family: str
    name: str
    example: Example

    @property
    def wanted_gone(self) -> frozenset[str]:
        """The objects whose drop the user allowed, by their full names."""
        return frozenset(item.partition(":")[2] for item in self.example.settings.get("allow", ()))

    @property
    def renamed(self) -> dict[str, str]:
        """What the user says is called otherwise now, by `table.column` or `table`: the new last name."""
        given = self.example.settings.get("rename", ())
        return dict(item.partition("=")[::2] for item in given)

    def leaves_out(self, difference: Difference) -> bool:
        """Return whether the models' env.py leaves something out of its comparison, by its name."""
        _, leaves_out, names = self.example.models.partition("def include_")
        return bool(leaves_out) and f'"{difference.object.rpartition(".")[2]}"' in names


def read_pairs(names: Sequence[str] = ()) -> list[Pair]:
    """Read the pairs, all or those named, in the order of the files."""
    found = [pair for path in sorted(FOLDER.glob("[a-z]*.md")) for pair in _pairs_of(path)]
    return [pair for pair in found if not names or pair.name in names or pair.family.lower() in map(str.lower, names)]


def _pairs_of(path: Path) -> Iterator[Pair]:
    for part in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        name = part.partition("\n")[0].strip()
        blocks = dict(re.findall(r"```(\w+)\n(.*?)```", part, re.DOTALL))
        models = PRELUDE + blocks.get("python", "")
        database, rows = blocks.get("sql", ""), "".join(re.findall(r"INSERT[^;]*;", blocks.get("sql", "")))
        schema = re.sub(r"INSERT[^;]*;\s*", "", database)
        example = Example(models, schema, settings=json.loads(blocks.get("json", "{}")), rows=rows)
        yield Pair(path.stem.upper(), name, example)


# --- what came of a side ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outcome:
    """What came of one side: reasons why a file does not work, what differs, what is gone; what the tool said.

    `refused` is when the tool gave no file, and the reason.
    """

    broken: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    said: tuple[Finding, ...] = ()
    text: str = ""
    refused: bool = False

    @property
    def right(self) -> bool:
        """Whether nothing is to be said against it."""
        return not (self.broken or self.differs or self.gone)

    @property
    def warned(self) -> bool:
        """Whether it is wrong, and the tool said beforehand that something is, or gave no file."""
        left = [finding for finding in self.said if finding.outcome != "repaired"]
        return not self.right and (self.refused or bool(left))

    def marks(self) -> str:
        """Return the three marks, and whether the user was warned."""
        found = "".join("✗" if wrong else "✔" for wrong in (self.broken, self.differs, self.gone))
        return found + (" said" if self.warned else "")


@dataclass(frozen=True, slots=True)
class State:
    """A database at one moment."""

    catalog: Catalog
    rows: Rows


def state_of(desk: Desk) -> State:
    """Read the catalog and every row of every table."""
    catalog = desk.catalog().without_tables({VERSION_TABLE})
    rows = {}
    with psycopg.connect(desk.url, autocommit=True) as connection:
        for table in catalog.tables:
            name = f'"{table.schema}"."{table.name}"'
            rows[table.qualified_name] = [row[0] for row in connection.execute(f"SELECT to_jsonb(t) FROM {name} t")]
    return State(catalog, rows)


def gone(pair: Pair, before: State, after: State) -> list[str]:
    """Return what the database had and has no more, and nobody wanted gone."""
    found = [*_columns_gone(pair, before, after), *_parts_gone(pair, before.catalog, after.catalog)]
    return [item for item in found if item.partition(" (")[0].rpartition(" ")[2] not in pair.wanted_gone]


def _table_now(pair: Pair, name: str, after: Catalog) -> Table | None:
    """Return what has become of a table: still there, or renamed as the user said."""
    schema, _, _ = name.rpartition(".")
    return after.table(name) or after.table(f"{schema}.{pair.renamed.get(name, '')}".lstrip("."))


def _columns_gone(pair: Pair, before: State, after: State) -> Iterator[str]:
    for table in before.catalog.tables:
        name = table.qualified_name
        now = _table_now(pair, name, after.catalog)
        if name in pair.wanted_gone:
            continue
        if now is None:
            yield f"table {name}"
            continue
        old, new = before.rows[name], after.rows[now.qualified_name]
        if len(new) < len(old):
            yield f"rows {name}"
        names = {column.name for column in now.columns}
        for column in table.columns:
            called = column.name if column.name in names else pair.renamed.get(f"{name}.{column.name}", "")
            if called not in names:
                yield f"column {name}.{column.name}"
            elif _filled(old, column.name) > _filled(new, called):
                yield f"values {name}.{column.name}"


def _filled(rows: Sequence[Mapping[str, Any]], column: str) -> int:
    return sum(row[column] is not None for row in rows)


def _parts_gone(pair: Pair, before: Catalog, after: Catalog) -> Iterator[str]:
    """Yield the constraints and indexes that are gone and have no equal under another name."""
    for table in before.tables:
        now = _table_now(pair, table.qualified_name, after)
        if now is None or table.qualified_name in pair.wanted_gone:
            continue
        there = (*now.constraints, *now.indexes)
        # What has kept its name has been changed, as the comparison with the models judges.
        kept = {_part(pair, now.qualified_name, item) for item in there} | {("named", item.name) for item in there}
        for item in (*table.constraints, *table.indexes):
            same = {_part(pair, table.qualified_name, item), ("named", item.name)}
            if not same & kept and not _of_column_wanted_gone(pair, item):
                yield f"{item.noun} {item.path} ({item.description})"


def _of_column_wanted_gone(pair: Pair, item: Any) -> bool:
    return any(f"{item.table}.{column}" in pair.wanted_gone for column in item.columns)


def _part(pair: Pair, table: str, item: Any) -> tuple[str, str]:
    """Return what makes a constraint or index the same as another: uniqueness by its columns, else its definition."""
    columns = sorted(pair.renamed.get(f"{table}.{column}", column) for column in item.columns)
    if getattr(item, "type", "") == "unique" or (item.noun == "index" and item.unique and not item.predicate):
        return "unique", ",".join(columns)
    if getattr(item, "type", "") == "primary key":
        return "primary key", ""
    if getattr(item, "type", "") == "foreign key":
        return "foreign key", ",".join(columns)
    if item.noun == "index" and not item.expressions and not item.predicate:
        return "index", f"{item.method} {','.join(columns)}"
    return item.noun, re.sub(r"[^\w=<>]", "", re.sub(r"::[\w ]+", "", item.description))


def unsaid(differences: Sequence[Difference], said: Sequence[Finding]) -> list[str]:
    """Return the differences that matter and that no finding names."""
    notable = [item for item in differences if item.notable and not _has_no_words(item)]
    return [item.sentence() for item in notable if not any(_names(finding, item) for finding in said)]


def _has_no_words(difference: Difference) -> bool:
    """Return whether a difference is something that the database has and a MetaData cannot say."""
    return difference.sort == "unexpected" and difference.kind in ("extension", "schema", "view", "domain", "sequence")


def _names(finding: Finding, difference: Difference) -> bool:
    words = " ".join((finding.object, finding.sentence, finding.provenance, *finding.evidence))
    path = difference.object.partition(" ")[2]
    last = path.rpartition(".")[2]
    return bool({path, last} & set(re.findall(r"[\w$.]+\w|\w", words))) or finding.object == difference.table


# --- the two sides ---------------------------------------------------------------------------------------------------


class Alembic:
    """Alembic alone, in this process, on the example that is laid out."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk whose project and database it works on; one engine goes to every example's database."""
        self.desk = desk
        self.engine = create_engine(with_driver(desk.running.url()), poolclass=pool.NullPool)

        @event.listens_for(self.engine, "do_connect")
        def to_the_example(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
            parameters["dbname"] = desk.name

    def do(self, verb: str, *arguments: Any, **options: Any) -> None:
        """Run one of its commands."""
        context.engine = self.engine  # which env.py uses where it is there
        quiet = argparse.Namespace(quiet=True)
        config = Config(str(self.desk.folder / "alembic.ini"), stdout=io.StringIO(), cmd_opts=quiet)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            getattr(command, verb)(config, *arguments, **options)


def plain(_pair: Pair, alembic: Alembic, outcome: Outcome) -> None:
    """Let Alembic autogenerate the file."""
    alembic.do("revision", message="awkward", autogenerate=True)
    new = alembic.desk.versions.glob("*_awkward.py")
    outcome.text = "".join(path.read_text(encoding="utf-8") for path in new)


def tool(pair: Pair, alembic: Alembic, outcome: Outcome) -> None:
    """Let the tool generate the file, by the step that `invoke generate` takes."""
    desk = alembic.desk
    made: Generated = desk.generate(pair.example)
    outcome.said = made.findings
    for file in made.files:
        path = desk.versions / str(file["name"])
        path.write_text(str(file["text"]), encoding="utf-8")
        outcome.text += str(file["text"])


Side = Callable[[Pair, Alembic, Outcome], None]


def run(pair: Pair, alembic: Alembic, side: Side, wanted: Catalog | None) -> Outcome:
    """Lay the pair out, have the file made, take it up, down and up again, and look; `wanted` is the models' schema."""
    outcome, desk = Outcome(), alembic.desk
    with desk.laid_out(pair.example, migrated=True):
        before = state_of(desk)
        try:
            side(pair, alembic, outcome)
        except Exception as error:  # noqa: BLE001 - whatever a side raises is its outcome
            outcome.broken.append(f"generate: {_words(error)}")
            outcome.refused = isinstance(error, MigrationsToolsError)
        first = _travel(alembic, outcome)
        if first is not None:
            partitions = {table.qualified_name for table in first.catalog.tables if table.parents}
            found = compare(first.catalog.without_tables(partitions), wanted) if wanted else ()
            outcome.differs += unsaid([item for item in found if not pair.leaves_out(item)], outcome.said)
            outcome.gone += gone(pair, before, first)
    return outcome


def _travel(alembic: Alembic, outcome: Outcome) -> State | None:
    """Go up, down and up again; give what the first way up came to, or what stood before when it failed."""
    first, below = None, "1a6d" if (alembic.desk.versions / "1a6d_database.py").exists() else "base"
    for verb, where in (("upgrade", "head"), ("downgrade", below), ("upgrade", "head")):
        if outcome.broken:
            break
        try:
            alembic.do(verb, where)
        except Exception as error:  # noqa: BLE001 - as above
            outcome.broken.append(f"{verb}{' again' if first and verb == 'upgrade' else ''}: {_words(error)}")
        first = first or state_of(alembic.desk)
    return first


def _words(error: Exception) -> str:
    reasons = error.reasons if isinstance(error, MigrationsToolsError) else [f"{type(error).__name__}: {error}"]
    return " ".join(" ".join(reasons).split())[:160]


def _models_schema(desk: Desk, pair: Pair) -> Catalog | None:
    """Return the schema that the models' own DDL makes; None where it cannot be made."""
    extensions = "".join(re.findall(r"(?m)^CREATE EXTENSION.*?;", pair.example.database))
    with desk.laid_out(Example(pair.example.models, extensions), migrated=True):
        try:
            desk.ask("metadata")
        except MigrationsToolsError:
            return None
        return desk.catalog().without_tables({VERSION_TABLE})


# --- the report ------------------------------------------------------------------------------------------------------


def report(results: Sequence[tuple[Pair, Outcome, Outcome]], seconds: float) -> str:
    """Return the totals and the table as Markdown."""
    families = list(dict.fromkeys(pair.family for pair, _, _ in results))
    lines = ["# Awkward pairs: plain Alembic beside this tool", "", facts(seconds), ""]
    lines += ["| family | pairs | plain: right | tool: right | tool: wrong, and said so |", "|---|---|---|---|---|"]
    for family in (*families, "all"):
        ours = [(one, other) for pair, one, other in results if family in (pair.family, "all")]
        right = [sum(side.right for side in sides) for sides in zip(*ours, strict=True)]
        lines.append(f"| {family} | {len(ours)} | {right[0]} | {right[1]} | {sum(two.warned for _, two in ours)} |")
    lines += ["", "Marks: works, equal, kept (see `bench/pairs.py`).", ""]
    lines += ["| pair | plain | tool | what the tool said |", "|---|---|---|---|"]
    for pair, one, other in results:
        said = ", ".join(f"{code} {kind}" for code, kind in dict.fromkeys((f.code, f.outcome) for f in other.said))
        lines.append(f"| {pair.family} {pair.name} | {one.marks()} | {other.marks()} | {said} |")
    return "\n".join(lines) + "\n"


def facts(seconds: float) -> str:
    """Return the versions and the machine in one line."""
    parts = [f"Alembic {version('alembic')}", f"SQLAlchemy {version('sqlalchemy')}", f"psycopg {version('psycopg')}"]
    parts += [f"Python {platform.python_version()}", f"{os.cpu_count()} cores", f"{seconds:.0f} s"]
    return ", ".join(parts) + "."


def tell(label: str, outcome: Outcome, whole: bool) -> None:
    """Print what is to be said against a side; the file and the findings too, when the pair was asked for by name."""
    for sort in ("broken", "differs", "gone"):
        for item in getattr(outcome, sort):
            print(f"    {label} {sort}: {item}")
    if whole:
        for finding in outcome.said:
            print(f"    {finding.code} {finding.severity} {finding.outcome} {finding.object}: {finding.sentence}")
        print(outcome.text)


@contextmanager
def _desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder, running_server() as running, desk_on(running, Path(folder)) as desk:
        yield desk


def main(names: Sequence[str]) -> int:
    """Run the pairs and print the table."""
    begun, results = time.monotonic(), []
    with _desk() as desk:
        alembic = Alembic(desk)
        for pair in read_pairs(names):
            wanted = _models_schema(desk, pair)
            one, other = (run(pair, alembic, side, wanted) for side in (plain, tool))
            results.append((pair, one, other))
            print(f"{pair.family} {pair.name}: plain {one.marks()}, tool {other.marks()}", flush=True)
            tell("plain", one, bool(names))
            tell("tool", other, bool(names))
    text = report(results, time.monotonic() - begun)
    print("\n" + text)
    if not names:
        RESULTS.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
