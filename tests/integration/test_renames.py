"""What makes up for a drop, written by a real Alembic and applied: renamed, replaced in order; up, down, up again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrations_tools import operations
from migrations_tools.catalog import compare
from migrations_tools.review import assessment
from migrations_tools.review.context import ChangeHints, ReviewContext
from tests.support.probing import DRIVER, bodies, catalog_of, copy_project, mark, probing, run_sql, target, with_driver

HEAD = '''"""Models."""

from sqlalchemy import *
from sqlalchemy.orm import declarative_base

Base = declarative_base(metadata=MetaData())


class One(Base):
'''
CASES: dict[str, tuple[str, str, ChangeHints, list[str]]] = {
    "a column with its index, type and nullability": (
        (
            "CREATE TABLE users (id serial PRIMARY KEY, full_name varchar(20));"
            "CREATE UNIQUE INDEX ix_users_full_name ON users (full_name);"
        ),
        (
            '    __tablename__ = "users"\n    id = Column(Integer, primary_key=True)\n'
            "    name = Column(String(80), nullable=False, unique=True, index=True)\n"
        ),
        ChangeHints(renames={"users.full_name": "name"}),
        ["RN01 repaired", "BC03 kept"],
    ),
    "a table with its names and the keys to it": (
        (
            "CREATE TABLE users (id serial PRIMARY KEY, mail text, born int);"
            "CREATE INDEX ix_users_born ON users (born);"
            "CREATE TABLE logs (id serial PRIMARY KEY, u int CONSTRAINT fk_logs_users REFERENCES users);"
        ),
        (
            '    __tablename__ = "people"\n    id = Column(Integer, primary_key=True)\n'
            "    mail = Column(Text)\n    born = Column(Integer, index=True)\n\n\nclass Log(Base):\n"
            '    __tablename__ = "logs"\n    id = Column(Integer, primary_key=True)\n'
            '    u = Column(Integer, ForeignKey("people.id", name="fk_logs_people"))\n'
        ),
        ChangeHints(table_renames={"users": "people"}),
        ["RN02 repaired", "BC03 kept"],
    ),
    "a table that changes too, with a column renamed in it": (
        (
            "CREATE TYPE gauge_kind AS ENUM ('a', 'b'); CREATE TABLE places (id serial PRIMARY KEY);"
            "CREATE TABLE gauges (id serial PRIMARY KEY, code varchar(20) CONSTRAINT ck_code CHECK (code <> ''),"
            " kind gauge_kind NOT NULL DEFAULT 'a', weight int, CONSTRAINT uq_gauges_code UNIQUE (code));"
            "INSERT INTO gauges (code) VALUES ('x');"
        ),
        (
            '    __tablename__ = "places"\n    id = Column(Integer, primary_key=True)\n\n\nclass Meter(Base):\n'
            '    __tablename__ = "meters"\n    id = Column(Integer, primary_key=True)\n'
            "    serial = Column(String(80), nullable=False)\n"
            '    kind = Column(Enum("a", "b", name="gauge_kind"), nullable=False, server_default="b")\n'
            "    weight = Column(BigInteger, index=True)\n"
            '    tint = Column(Enum("red", name="tint"))\n'
            '    place = Column(Integer, ForeignKey("places.id", name="fk_meters_places"))\n'
            "    unit = Column(String(10), nullable=False)\n"
            '    __table_args__ = (CheckConstraint("serial <> \'\'", name="ck_serial"),'
            ' UniqueConstraint("serial", name="uq_meters_serial"), UniqueConstraint("unit", "id", name="uq_unit"))\n'
        ),
        ChangeHints({"gauges.code": "serial"}, {"gauges": "meters"}, {"meters.unit": "'kg'"}),
        ["RN02 repaired", "BC03 kept"],
    ),
    "a table of two columns": (
        "CREATE TABLE tags (id serial PRIMARY KEY, name text);",
        '    __tablename__ = "labels"\n    id = Column(Integer, primary_key=True)\n    name = Column(Text)\n',
        ChangeHints(table_renames={"tags": "labels"}),
        ["RN02 repaired", "BC03 kept"],
    ),
    "only names": (
        (
            "CREATE TABLE users (id serial PRIMARY KEY, a int CONSTRAINT uq_old UNIQUE, b int);"
            'CREATE INDEX "Old" ON users (b);'
        ),
        (
            '    __tablename__ = "users"\n    id = Column(Integer, primary_key=True)\n    a = Column(Integer)\n'
            '    b = Column(Integer)\n    __table_args__ = (UniqueConstraint("a", name="Uq:N"), Index("ix_new", "b"))\n'
        ),
        ChangeHints(),
        ["FD03 repaired", "FD03 repaired"],
    ),
    "a unique index in a constraint's place": (
        "CREATE TABLE users (id serial PRIMARY KEY, a int CONSTRAINT uq_a UNIQUE);",
        (
            '    __tablename__ = "users"\n    id = Column(Integer, primary_key=True)\n'
            "    a = Column(Integer, unique=True, index=True)\n"
        ),
        ChangeHints(),
        ["FD02 repaired"],
    ),
}


@pytest.mark.parametrize(("made", "models", "wishes", "verdicts"), CASES.values(), ids=CASES.keys())
def test_what_makes_up_for_a_drop_leads_to_the_models_and_back(
    made: str, models: str, wishes: ChangeHints, verdicts: list[str], new_database: Callable[[], str], tmp_path: Path
) -> None:
    project, url, scratch = copy_project("_base", tmp_path), mark(new_database()), mark(new_database())
    (project / "models.py").write_text(HEAD + models)
    run_sql(url, made)
    with probing(project, with_driver(url, DRIVER)) as probe:
        probe.ask(target(scratch.rpartition("/")[2]).request("metadata"), "creating the models' schema")
        before, after = catalog_of(url), catalog_of(scratch)
        said: list[str] = []

        def answer(_question: str, value: Any) -> Mapping[str, Any]:
            found = assessment.review(
                ReviewContext(operations.parse(value["operations"]), before, after, wishes=wishes)
            )
            said.extend(f"{item.code} {item.outcome}" for item in found.findings)
            return {"hold": sorted(found.hold), "edits": [edit.as_json() for edit in found.edits], "message": "it"}

        (file,) = probe.ask(target().request("revision"), "autogenerating", answer)["files"]
        assert sorted(said) == sorted(verdicts)
        upgrade = bodies(file["text"]).partition("def downgrade")[0]
        assert "drop_column" not in upgrade
        assert "drop_table" not in upgrade
        (project / "migrations" / "versions" / file["name"]).write_text(file["text"])
        for verb, revision, goal in (
            ("upgrade", "head", after),
            ("downgrade", "base", before),
            ("upgrade", "head", after),
        ):
            probe.ask(target().request(verb, revision=revision), f"taking it through {verb}")
            found = compare(catalog_of(url).without_tables(["alembic_version"]), goal)
            assert [item.sentence() for item in found] == []
