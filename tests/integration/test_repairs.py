"""What is repaired and completed, on pairs of a database and models: each file goes up, down and up, and is the last.

Each folder of `repair_pairs` is one pair: `before.sql` makes the database, `models.py` has the models,
`allow.txt`, `backfill.txt` and `using.txt` are what the user says. `findings.txt` is what the review says, `body.txt`
the file that comes of it, `left.txt` what differs from the models afterwards; `answers.txt` is what the database
answers to `asks.sql` after the way up and after the way down. ACCEPT_CASES=1 writes them.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_tools import operations
from migrations_tools.autogenerate.options import parse_hints
from migrations_tools.catalog import Catalog, compare
from migrations_tools.inapp.probe_client import Probe, Target
from migrations_tools.review import assessment
from migrations_tools.review.context import ChangeHints, ReviewContext
from migrations_tools.review.findings import Finding, Review, parse_allowances
from migrations_tools.trial.models_schema import known_table
from tests.support import application
from tests.support.embedded import Server
from tests.support.probing import bodies, catalog_of, copy_project, mark, probing, run_sql, target, with_driver
from tests.support.requirements import skip_unless_met

PAIRS = Path(__file__).parent / "repair_pairs"
VERSION_TABLE = ("alembic_version",)
VERSION = 160000


@dataclass(slots=True)
class Bench:
    """The probe, its project, and the databases of one pair."""

    probe: Probe
    project: Path
    server: Server
    name: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url(f"{self.name}_db")

    def ask(self, do: str, database: str = "db", answering: Any = None, **more: Any) -> Any:
        asked: Target = target(f"{self.name}_{database}")
        return self.probe.ask(asked.request(do, **more), f"asking {self.name} for {do}", answering)

    def catalog(self, database: str = "db") -> Catalog:
        return catalog_of(self.server.url(f"{self.name}_{database}")).without_tables(VERSION_TABLE)

    def generate(self, after: Catalog, excluded: frozenset[str]) -> tuple[str, Review]:
        reviews: list[Review] = []
        before = self.catalog()

        def answer(_question: str, value: Any) -> Mapping[str, Any]:
            found = operations.parse(value["operations"])
            facts = ReviewContext(found, before, after, excluded=excluded, wishes=self.wishes(), server_version=VERSION)
            allowed = parse_allowances(self.lines("allow.txt"), datetime.date(2026, 1, 1))
            reviews.append(assessment.review(facts, allowed))
            edits = [edit.as_json() for edit in reviews[-1].edits]
            return {"hold": sorted(reviews[-1].hold), "edits": edits, "message": "repaired"}

        files = self.ask("revision", answering=answer)["files"]
        for file in files:
            (self.project / "migrations" / "versions" / file["name"]).write_text(file["text"])
        return "".join(file["text"] for file in files), reviews[-1]

    def lines(self, name: str) -> list[str]:
        path = PAIRS / self.name / name
        return path.read_text().splitlines() if path.exists() else []

    def wishes(self) -> ChangeHints:
        return parse_hints([], [], self.lines("backfill.txt"), self.lines("using.txt"))


def expect(pair: str, name: str, lines: list[str]) -> None:
    path = PAIRS / pair / name
    if os.environ.get("ACCEPT_CASES"):
        path.write_text("".join(f"{line}\n" for line in lines))
    assert lines == path.read_text().splitlines(), f"{pair}/{name}"


def answers(made: Bench) -> list[str]:
    path = PAIRS / made.name / "asks.sql"
    if not path.exists():
        return []
    with psycopg.connect(made.url) as connection:
        return [str(row[0]) for row in connection.execute(path.read_bytes())]


def said(findings: tuple[Finding, ...]) -> list[str]:
    return sorted(f"{item.outcome} {item.severity} {item.code} {item.object}: {item.sentence}" for item in findings)


def differences(actual: Catalog, expected: Catalog, excluded: frozenset[str] = frozenset()) -> list[str]:
    return sorted(item.sentence() for item in compare(actual, expected) if item.table not in excluded)


@pytest.fixture(scope="module")
def scratch(
    new_named_database: Callable[[str], str], postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Bench]]:
    project = copy_project("models_by_database", tmp_path_factory.mktemp("pairs"))
    url = with_driver(postgres_server.url("postgres"))
    with probing(project, url, PAIRS=str(PAIRS)) as probe:

        def make(name: str) -> Bench:
            for path in (project / "migrations" / "versions").glob("*.py"):
                path.unlink()
            for suffix in ("db", "models"):
                mark(new_named_database(f"{name}_{suffix}"))
            made = Bench(probe, project, postgres_server, name)
            before = (PAIRS / name / "before.sql").read_text()
            skip_unless_met(postgres_server.url("postgres"), before)
            run_sql(made.url, before)
            return made

        yield make


@pytest.mark.parametrize("pair", sorted(path.name for path in PAIRS.iterdir() if path.is_dir()))
def test_a_file_goes_up_down_and_up_and_leaves_only_what_was_held(pair: str, scratch: Callable[[str], Bench]) -> None:
    made = scratch(pair)
    before = made.catalog()
    tables = [known_table(item) for item in before.tables]
    answer = made.ask("metadata", "models", known={f"{pair}_models": tables})
    excluded = frozenset(name for item in answer["passes"] for _, name in item["excluded"])
    after = made.catalog("models")

    text, review = made.generate(after, excluded)
    newest = application.version("alembic") >= (1, 18)
    if newest:
        expect(pair, "findings.txt", said(review.findings))
        expect(pair, "body.txt", bodies(text).splitlines() if text else [])
    if text:
        made.ask("upgrade")
        upgraded, told = made.catalog(), answers(made)
        left = differences(upgraded, after, excluded)
        made.ask("downgrade", revision="base")
        kept = [line for line in differences(made.catalog(), before) if not line.startswith("enum ")]
        assert kept == []
        if told:
            expect(pair, "answers.txt", [*told, *answers(made)])
        made.ask("upgrade")
        assert differences(made.catalog(), upgraded) == []
    else:
        left = differences(before, after, excluded)
    if newest:
        expect(pair, "left.txt", left)

    again, second = made.generate(after, excluded)
    assert again == ""
    assert [item for item in second.findings if item.outcome == "repaired"] == []


UNCOMPARABLE = """
from sqlalchemy import JSON, Column, Enum, Integer, MetaData, Table, text

class Base:
    metadata = MetaData()

OPTIONS = {"compare_server_default": True}
Table(
    "users",
    Base.metadata,
    Column("id", Integer, primary_key=True),
    Column("extra", JSON, server_default=text("'{}'")),
    Column("mood", Enum("glad", "sad", name="mood"), server_default="sad"),
    Column("score", Integer, server_default=text("10")),
    Column("level", Integer, server_default=text("3")),
)
"""


def test_defaults_that_alembic_cannot_compare_are_named_and_the_others_compared(database: str, tmp_path: Path) -> None:
    project = copy_project("edited_in_every_way", tmp_path)
    (project / "migrations" / "versions" / "0001_create_users.py").unlink()
    (project / "models.py").write_text(UNCOMPARABLE)
    run_sql(database, "CREATE TYPE mood AS ENUM ('glad')")
    run_sql(
        database,
        "CREATE TABLE users (id serial PRIMARY KEY, extra json DEFAULT '[]', mood mood DEFAULT 'glad',"
        " score varchar DEFAULT '0', level integer DEFAULT 2)",
    )
    with probing(project, with_driver(mark(database))) as probe:
        answer = probe.ask(target().request("revision"), "autogenerating", lambda _question, _value: {"hold": []})
    assert [item["column"] for item in answer["uncompared"]] == ["users.extra", "users.mood", "users.score"]
    assert answer["uncompared"][0]["error"] == "operator does not exist: json = unknown"
    assert "op.alter_column('users', 'level'" in answer["files"][0]["text"]
