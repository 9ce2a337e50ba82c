"""Catalogs of several PostgreSQL versions: kept, read back, compared; and the sessions that go over versions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nox
import pytest

from migrations_tools import sessions
from migrations_tools.catalog import (
    Catalog,
    Column,
    Constraint,
    Difference,
    Enum,
    Index,
    Schema,
    Sequence,
    Table,
    View,
    across_versions,
    as_json,
    compare,
    from_json,
)
from migrations_tools.catalog.model import Domain, Extension
from migrations_tools.commands.compare import file_to_keep, lines
from migrations_tools.errors import CannotProceed

INDEX = Index("users", "ix", "CREATE INDEX ix ON public.users USING btree (email)", columns=("email",))
EVERYTHING = Catalog(
    (Schema("audit"),),
    (Extension("citext"),),
    (Enum("public", "mood", ("good", "bad")),),
    (Domain("public", "code", "text", checks=("CHECK (VALUE <> '')",)),),
    (
        Table(
            "public",
            "users",
            columns=(Column("users", "id", "integer", nullable=False, identity_generation="ALWAYS"),),
            constraints=(Constraint("users", "pk", "primary key", "PRIMARY KEY (id)", ("id",)),),
            indexes=(INDEX,),
            parents=("people",),
        ),
    ),
    (Sequence("public", "users_id_seq", owned_by="users.id", owned_by_table="users", implicit=True),),
    (View("public", "v", "SELECT 1;", True, ("x=1",), (INDEX,), None, ("users.id",)),),
)


def test_a_catalog_comes_back_from_json_as_it_was() -> None:
    assert from_json(json.loads(json.dumps(as_json(EVERYTHING)))) == EVERYTHING


def _view(definition: str) -> Catalog:
    return Catalog(views=(View("public", "v", definition),))


# What PostgreSQL 15 and 17 print of the same view.
@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (" SELECT users.id,\n    users.name\n   FROM users;", " SELECT id,\n    name\n   FROM users;"),
        (' SELECT "Users".id\n   FROM "Users";', ' SELECT id\n   FROM "Users";'),
        (" SELECT x.a, 'x.y' AS b\n   FROM x;", " SELECT a, 'x.y' AS b\n   FROM x;"),
    ],
)
def test_how_a_version_prints_a_view_is_no_difference(older: str, newer: str) -> None:
    assert compare(_view(older), _view(newer))
    assert compare(across_versions(_view(older)), across_versions(_view(newer))) == ()


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("SELECT users.id FROM users;", "SELECT name FROM users;"),
        ("SELECT 'a.b' AS b FROM users;", "SELECT 'b' AS b FROM users;"),
        ("SELECT 1.5 AS b FROM users;", "SELECT 5 AS b FROM users;"),
    ],
)
def test_a_view_that_says_something_else_is_a_difference(older: str, newer: str) -> None:
    assert len(compare(across_versions(_view(older)), across_versions(_view(newer)))) == 1


def _partitioned(of_parent: str, of_part: str) -> Catalog:
    columns = {"days": of_parent, "day1": of_part}
    kinds = {"days": "partitioned", "day1": "partition"}
    made = [
        Table(
            "public",
            name,
            kinds[name],  # type: ignore[arg-type]
            (Column(name, "id", "integer", nullable=False, identity_generation=identity),),  # type: ignore[arg-type]
            parents=() if name == "days" else ("days",),
        )
        for name, identity in columns.items()
    ]
    return Catalog(tables=tuple(made))


def test_an_identity_that_partitions_have_from_17_on_is_no_difference() -> None:
    older, newer = _partitioned("ALWAYS", ""), _partitioned("ALWAYS", "ALWAYS")
    assert compare(across_versions(older), across_versions(newer)) == ()


def test_an_identity_that_a_partition_has_of_its_own_is_a_difference() -> None:
    older, newer = _partitioned("", "ALWAYS"), _partitioned("", "")
    (found,) = compare(across_versions(older), across_versions(newer))
    assert (found.object, found.aspect) == ("column day1.id", "identity")


def test_differences_are_grouped_by_table_with_both_definitions() -> None:
    found = [
        Difference("extension", "extension citext", "", "missing", "", ""),
        Difference("table", "table notes", "", "missing", "", ""),
        Difference("column", "column users.at", "users", "different", "now()", "", aspect="default"),
        Difference("constraint", "constraint jobs.c", "jobs", "unexpected", "CHECK (\n   (a > 0))", ""),
        Difference("index", "index users.ix", "users", "missing", "", "USING btree (a)"),
    ]
    assert lines(found, "15.8", "17.2") == [
        "  jobs",
        "    constraint jobs.c",
        "      15.8: CHECK ( (a > 0))",
        "      17.2: not there",
        "  notes",
        "    table notes",
        "      15.8: not there",
        "      17.2: there",
        "  users",
        "    column users.at, default",
        "      15.8: now()",
        "      17.2: nothing",
        "    index users.ix",
        "      15.8: not there",
        "      17.2: USING btree (a)",
        "  outside of tables",
        "    extension citext",
        "      15.8: not there",
        "      17.2: there",
    ]


# --- the sessions ------------------------------------------------------------------------------------------------


def _project(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


VERSIONS = '[tool.migrations_tools]\npostgres_versions = ["15", "17", "15", "pgvector/pgvector:pg17"]\n'


def test_each_version_of_the_setting_makes_a_session_that_nox_calls_by_it(tmp_path: Path) -> None:
    @nox.session
    @sessions.over_postgres_versions(_project(tmp_path, pyproject_toml=VERSIONS))
    def fresh_install(session: nox.Session, postgres: str = "") -> None: ...

    named = [str(call) for call in fresh_install.parametrize]
    assert named == ["postgres='15'", "postgres='17'", "postgres='pgvector/pgvector:pg17'"]


def test_without_versions_there_is_the_one_session(tmp_path: Path) -> None:
    @sessions.over_postgres_versions(_project(tmp_path, pyproject_toml="[tool.other]\n"))
    def fresh_install(session: nox.Session, postgres: str = "") -> None: ...

    assert not hasattr(fresh_install, "parametrize")


def test_invoke_yaml_goes_before_pyproject_and_its_comments_say_nothing(tmp_path: Path) -> None:
    folder = _project(
        tmp_path, pyproject_toml=VERSIONS, invoke_yaml="migrations_tools:\n  # postgres_versions: ['9']\n"
    )
    assert sessions.postgres_versions(folder) == ["15", "17", "pgvector/pgvector:pg17"]
    _project(tmp_path, invoke_yaml="migrations_tools:\n  postgres_versions: ['16']\n")
    assert sessions.postgres_versions(folder) == ["16"]


def test_a_nox_that_cannot_read_yaml_says_where_to_write_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _project(tmp_path, invoke_yaml="migrations_tools:\n  postgres_versions: ['16']\n")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(CannotProceed, match=r"Write it into pyproject\.toml"):
        sessions.postgres_versions(folder)


def test_a_version_that_is_none_ends_nox_with_the_reason(tmp_path: Path) -> None:
    folder = _project(tmp_path, pyproject_toml='[tool.migrations_tools]\npostgres_versions = ["newest"]\n')
    with pytest.raises(SystemExit, match=r"ERROR: .*`migrations_tools\.postgres_versions` names 'newest'"):
        sessions.over_postgres_versions(folder)


def test_the_project_behind_the_dashes_is_the_one_whose_setting_counts(tmp_path: Path) -> None:
    assert sessions.named_project("here", ["-s", "fresh_install"]) == Path("here").resolve()
    assert sessions.named_project("here", ["-s", "fresh_install", "--", str(tmp_path)]) == tmp_path.resolve()


def test_a_file_that_no_catalog_can_be_written_to_is_refused_beforehand(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert file_to_keep("") is None
    assert file_to_keep(str(tmp_path / "new" / "catalog.json")) == tmp_path / "new" / "catalog.json"
    assert not (tmp_path / "new").exists()
    for given in (tmp_path, tmp_path / "file" / "catalog.json"):
        with pytest.raises(CannotProceed, match="cannot be written"):
            file_to_keep(str(given))
