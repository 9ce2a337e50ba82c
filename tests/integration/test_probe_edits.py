"""Each kind of edit, carried out in a real operation tree: the file goes up, down and up again on a table with rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from migrations_tools import operations
from migrations_tools.catalog import compare
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.edits import Edit
from tests.support.probing import bodies, catalog_of, copy_project, mark, probing, run_sql, target, with_driver


def numbered(found: tuple[Operation, ...]) -> Callable[[str], int]:
    """Return a function that finds an operation's id by its summary's words."""

    def number(words: str) -> int:
        (one,) = [item.id for item in found if item.summary().replace("shop.", "") == words]
        return one

    return number


def every_edit(found: tuple[Operation, ...], schema: str) -> Iterator[Edit]:
    of, users = numbered(found), f"{schema or 'public'}.users"
    yield Edit(
        comment="braces {op} and a colon:",
        comment_down="the type keeps it",
        upgrade=(edits.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'it''s {a}:b'", autocommit=True),),
        place="first",
    )
    locale, renamed = of("add column users.locale"), (of("add column users.full"), of("drop column users.name"))
    yield Edit(
        comment="filled",
        replaces=(locale,),
        downgrade=(edits.mirror(locale),),
        upgrade=(
            edits.original(locale, nullable=True, server_default="'en'"),
            edits.execute(f"UPDATE {users} SET locale = 'a:b' WHERE locale IS NULL OR locale = 'en'"),
            edits.alter_column("users", "locale", schema, nullable=False, server_default=None, comment="a language"),
        ),
    )
    yield Edit(
        comment="renamed",
        comment_down="renamed back",
        replaces=renamed,
        upgrade=(edits.alter_column("users", "name", schema, new_name="full"),),
        downgrade=(edits.alter_column("users", "full", schema, new_name="name"),),
    )
    age = of("alter column users.age")
    yield Edit(
        comment="dropped, changed, set",
        replaces=(age,),
        upgrade=(
            edits.alter_column("users", "age", schema, server_default=None),
            edits.original(age, using="age::integer"),
            edits.alter_column("users", "age", schema, server_default="0"),
        ),
        downgrade=(
            edits.alter_column("users", "age", schema, server_default=None),
            edits.mirror(age, using="age::varchar"),
            edits.alter_column("users", "age", schema, server_default="'0'::character varying"),
        ),
    )
    unique = of("create unique constraint users (email)")
    yield Edit(
        replaces=(unique,),
        upgrade=(edits.original(unique, name="uq_mail"),),
        downgrade=(edits.mirror(unique, name="uq_mail"),),
    )
    older = of("drop table older")
    yield Edit(
        replaces=(older,),
        upgrade=(edits.rename_table("older", "old", schema),),
        downgrade=(edits.rename_table("old", "older", schema),),
    )
    yield Edit(
        comment="checks",
        comment_down="and back",
        place="last",
        upgrade=(
            edits.drop_constraint("ck_old", "users", schema, "check"),
            edits.create_check("ck_new", "users", "seen > 0 AND \"full\" <> ':x {y}'", schema),
        ),
        downgrade=(
            edits.drop_constraint("ck_new", "users", schema, "check"),
            edits.create_check("ck_old", "users", "seen > 0", schema),
        ),
    )
    old, seen = of("drop index users.ix_old"), of("create index users.ix_users_seen")
    yield Edit(
        replaces=(old, seen),
        place="last",
        upgrade=(edits.drop_index("ix_old", "users", schema), edits.create_index("ix_users_seen", "users", schema)),
        downgrade=(
            edits.drop_index("ix_users_seen", "users", schema),
            edits.create_index("ix_old", "users", schema, f"CREATE INDEX ix_old ON {users} (seen) WHERE seen > 1"),
        ),
    )
    gone = of("drop column users.gone")
    yield Edit(
        comment="shrunk first",
        replaces=(gone,),
        place="first",
        upgrade=(
            edits.alter_column("users", "gone", schema, type_sql="smallint", using="gone::smallint"),
            edits.original(gone),
        ),
        downgrade=(edits.mirror(gone),),
    )
    egg = of("create table eggs")
    yield Edit(
        replaces=(egg,), upgrade=(edits.original(egg, without_keys=[["hen_id"]]),), downgrade=(edits.mirror(egg),)
    )
    yield Edit(
        place="last",
        downgrade=(edits.drop_constraint("fk_eggs_hen", "eggs", schema, "foreignkey"),),
        upgrade=(
            edits.execute(
                f"ALTER TABLE {schema or 'public'}.eggs ADD CONSTRAINT fk_eggs_hen FOREIGN KEY (hen_id)"
                f" REFERENCES {schema or 'public'}.hens"
            ),
        ),
    )


@pytest.mark.parametrize(("batch", "schema"), [("", ""), ("1", "shop")], ids=["plain", "in a batch and a schema"])
def test_every_edit_goes_up_down_and_up(database: str, tmp_path: Path, batch: str, schema: str) -> None:
    project, url = copy_project("edited_in_every_way", tmp_path), mark(database)

    def answer(_question: str, value: Any) -> Mapping[str, Any]:
        found = operations.parse(value["operations"])
        return {"hold": [], "edits": [edit.as_json() for edit in every_edit(found, schema)], "message": "edited"}

    with probing(project, with_driver(url), BATCH=batch, SCHEMA=schema) as probe:
        probe.ask(target().request("upgrade"), "installing the first revision")
        before = catalog_of(url)
        (file,) = probe.ask(target().request("revision"), "autogenerating", answer)["files"]
        lines = [line.strip() for line in bodies(file["text"]).splitlines()]
        assert lines[1:3] == ["# braces {op} and a colon:", "with op.get_context().autocommit_block():"]
        assert lines[-1] == "# the type keeps it"
        (project / "migrations" / "versions" / file["name"]).write_text(file["text"])
        probe.ask(target().request("upgrade"), "going up")
        after = catalog_of(url)
        rows = run_sql(url, f'SELECT "full", age, locale FROM {schema or "public"}.users')
        probe.ask(target().request("downgrade", revision="0001"), "going down")
        assert [item.sentence() for item in compare(catalog_of(url), before)] == [
            "enum mood, labels: the migrations make ('sad', 'it''s {a}:b'), the models ask for ('sad')"
        ]
        probe.ask(target().request("upgrade"), "going up again")
        assert compare(catalog_of(url), after) == ()
    assert rows == [("Ada", 36, "a:b")]
