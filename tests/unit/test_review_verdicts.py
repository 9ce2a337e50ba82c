"""The one verdict on a drop: what it is, what makes up for it, what stands around it; in tables of SQL-like facts."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

import pytest

from migrations_tools.catalog import Catalog, Column, Constraint, Enum, Index, Sequence, Table, View
from migrations_tools.operations import Operation
from migrations_tools.provenance import Revision
from migrations_tools.report.generate_result import Reviewed
from migrations_tools.review import assessment
from migrations_tools.review.analysis.rename_candidates import unmet
from migrations_tools.review.context import BaseModels, ChangeHints, Modules, ReviewContext, Sources
from migrations_tools.review.findings import Review, parse_allowances

TODAY = datetime.date(2026, 3, 1)
UQ = Constraint("users", "uq_a", "unique", "UNIQUE (a)", ("a",))
IX = Index("users", "ix_a", "CREATE INDEX ix_a ON public.users USING btree (a)", columns=("a",))
_UNIQUE_INDEX = Index("users", "uq_a", "CREATE UNIQUE INDEX uq_a ON public.users USING btree (a)", columns=("a",))
FK = Constraint("logs", "fk_a", "foreign key", "FOREIGN KEY (u) REFERENCES users(a)", ("u",), "users", ("a",))


def table(*parts: Column | Constraint | Index, name: str = "users", **more: Any) -> Table:
    sorts = [tuple(item for item in parts if isinstance(item, sort)) for sort in (Column, Constraint, Index)]
    return Table("public", name, more.pop("kind", "ordinary"), *sorts, **more)


def schema(*tables: Table, views: tuple[View, ...] = (), sequences: tuple[Sequence, ...] = ()) -> Catalog:
    return Catalog(tables=tables, views=views, sequences=sequences)


_OTHER_IX = schema(
    table(Index("users", "ix_a", "CREATE INDEX ix_a ON public.users USING btree (a, b)", columns=("a", "b")))
)


def column(name: str, kind: str = "text", of: str = "users", **more: Any) -> Column:
    return Column(of, name, kind, **more)


def operations(*described: dict[str, Any]) -> tuple[Operation, ...]:
    given = ({"table": "users", "name": "", **item} for item in described)
    return tuple(Operation(id=number, **item) for number, item in enumerate(given))


def drop(sort: str, name: str = "", *columns: str, **more: Any) -> dict[str, Any]:
    return described("drop", sort, name, *columns, **more)


def create(sort: str, name: str = "", *columns: str, **more: Any) -> dict[str, Any]:
    return described("add" if sort == "column" else "create", sort, name, *columns, **more)


def described(verb: str, sort: str, name: str, *columns: str, **more: Any) -> dict[str, Any]:
    if sort in ("table", "column", "index"):
        return {"kind": f"{verb}_{sort}", "name": name, "columns": columns, **more}
    return {"kind": f"{verb}_constraint", "constraint": sort, "name": name, "columns": columns, **more}


def judge(facts: ReviewContext, *allowed: str) -> Review:
    return assessment.review(facts, parse_allowances(allowed, TODAY))


def pieces(review: Review) -> list[list[str]]:
    """Write the repairs down, the way up and the way back."""
    sides = ((edit.upgrade, edit.downgrade) for edit in review.edits)
    return [[", ".join(map(_piece, side)) for side in both] for both in sides]


def _piece(piece: Any) -> str:
    return str(piece.get("sql") or " ".join(f"{value}" for key, value in piece.items() if key != "schema"))


@dataclass(frozen=True, slots=True)
class Case:
    facts: ReviewContext
    code: str
    outcome: str = "held"
    severity: str = "hold"
    says: tuple[str, ...] = ()
    aliases: tuple[str, ...] = field(default=())


HISTORY = (
    Revision("0002", ("0001",), "0002_uq.py", "", "def upgrade():\n    op.create_unique_constraint('uq_a', 'users')\n"),
)
VERDICTS = {
    "a table of an extension": Case(
        ReviewContext(
            operations(drop("table", table="spots")), members={"spots": "postgis"}, base=BaseModels("main", schema())
        ),
        "FD07",
        says=("belongs to the extension postgis", "Leave it out of the comparison"),
        aliases=("FD05",),
    ),
    "a partition": Case(
        ReviewContext(
            operations(drop("table", table="log_1")), schema(table(name="log_1", kind="partition", parents=("log",)))
        ),
        "FD06",
        says=("is a partition of log",),
        aliases=("FD05",),
    ),
    "a table whose model is not imported": Case(
        ReviewContext(
            operations(drop("table")), schema(table()), modules=Modules({"users": "app.models.people"}, missing="")
        ),
        "FD13",
        says=("its model is in app.models.people", "write `import app.models.people`"),
        aliases=("FD05",),
    ),
    "most of the tables at once": Case(
        ReviewContext(
            operations(*(drop("table", table=name) for name in "abc")), schema(*(table(name=name) for name in "abcd"))
        ),
        "FD13",
        says=("the models, which lack 3 of 4 tables",),
        aliases=("FD05",),
    ),
    "a queue's table": Case(
        ReviewContext(operations(drop("table", table="celery_taskmeta")), after=schema()),
        "FD05",
        says=("Tables called celery_… are usually those of another library",),
    ),
    "what the base branch's models lack too, made by a revision": Case(
        ReviewContext(
            operations(drop("unique", "uq_a", "a")),
            schema(table(UQ)),
            schema(table()),
            HISTORY,
            base=BaseModels("main (1234567)", schema(table()), frozenset({"0002_uq.py"})),
        ),
        "FD04",
        aliases=("FD01",),
        says=(
            "is in the database, but neither in the models nor in those of main (1234567)",
            "It was created on purpose by revision 0002 (0002_uq.py:2).",
            "The models have nothing equivalent.",
        ),
    ),
    "what the base branch's models lack too, made by hand": Case(
        ReviewContext(
            operations(drop("index", "ix_a", "a")), schema(table(IX)), base=BaseModels("main", schema(table()))
        ),
        "FD04",
        aliases=("FD08",),
        says=("is in the database, but neither in the models nor in those of main",),
    ),
    "what a revision of this branch has made": Case(
        ReviewContext(
            operations(drop("unique", "uq_a", "a")),
            schema(table(UQ)),
            history=HISTORY,
            base=BaseModels("main", schema(table()), frozenset({"0001.py"})),
        ),
        "FD01",
        says=("but not yet in the models: main does not have that revision",),
    ),
    "what this branch's models have lost": Case(
        ReviewContext(
            operations(drop("unique", "uq_a", "a")),
            schema(table(UQ)),
            history=HISTORY,
            base=BaseModels("main", schema(table(UQ)), frozenset({"0002_uq.py"})),
            sources=Sources({"users.uq_a": ("app/save.py:7",)}, 3),
        ),
        "FD01",
        says=(
            "does not say `unique=True` on a",
            "The models of main have it: this change takes it away.",
            "The sources name it: app/save.py:7.",
        ),
    ),
    "what the base branch has under another name is not old drift": Case(
        ReviewContext(
            operations(drop("unique", "uq_a", "a")),
            schema(table(UQ)),
            base=BaseModels("main", schema(table(Constraint("users", "uq_b", "unique", "UNIQUE (a)", ("a",))))),
        ),
        "FD01",
    ),
    "a unique index of the base branch is not the dropped constraint, whatever its name and columns": Case(
        ReviewContext(
            operations(drop("unique", "uq_a", "a")),
            schema(table(UQ)),
            base=BaseModels("main", schema(table(_UNIQUE_INDEX))),
        ),
        "FD04",
        aliases=("FD01",),
        says=("is in the database, but neither in the models nor in those of main",),
    ),
    "an index of the base branch over other columns is not the dropped one": Case(
        ReviewContext(operations(drop("index", "ix_a", "a")), schema(table(IX)), base=BaseModels("main", _OTHER_IX)),
        "FD04",
        aliases=("FD08",),
        says=("is in the database, but neither in the models nor in those of main",),
    ),
    "a table that the base branch lacks says nothing of its constraints": Case(
        ReviewContext(operations(drop("unique", "uq_a", "a")), schema(table(UQ)), base=BaseModels("main", schema())),
        "FD01",
        says=("Not checked against main: its models do not have the table.",),
    ),
    "nothing could be looked at": Case(
        ReviewContext(operations(drop("column", "a")), base=BaseModels(missing="git cannot be started")),
        "BC01",
        says=(
            "Not checked against the models: their own schema could not be made.",
            "Not checked against the base branch: git cannot be started.",
            "Not searched for in the project's sources: they were not searched.",
        ),
    ),
    "a plain index is held like a unique one": Case(ReviewContext(operations(drop("index", "ix_a", "a"))), "FD08"),
    "a unique constraint on which a foreign key rests": Case(
        ReviewContext(
            operations(drop("unique", "uq_a", "a"), create("index", "ix_a", "a", unique=True)),
            schema(table(UQ), table(FK, name="logs")),
        ),
        "FD02",
        says=("foreign keys rest on it (logs.fk_a)",),
    ),
    "a foreign key that changes on the same columns": Case(
        ReviewContext(
            operations(
                drop("foreign key", "fk_a", "u", table="logs", referent="users"),
                create("foreign key", "fk_a", "u", table="logs", referent="users"),
            ),
            schema(table(FK, name="logs")),
            schema(
                table(
                    Constraint("logs", "fk_a", "foreign key", FK.definition + " ON DELETE CASCADE", ("u",)), name="logs"
                )
            ),
        ),
        "FD10",
        "kept",
        "info",
        says=("is built again on the same columns as FOREIGN KEY (u)",),
    ),
    "an index over fewer rows is no replacement": Case(
        ReviewContext(
            operations(drop("index", "ix_a", "a"), create("index", "ix_b", "a", details={"where": "a > 0"})),
            schema(table(IX)),
            schema(table(Index("users", "ix_b", "I USING btree (a) WHERE", columns=("a",)))),
        ),
        "FD08",
        says=("the models have ix_b in its place; both are held back",),
    ),
}


@pytest.mark.parametrize("case", VERDICTS.values(), ids=VERDICTS.keys())
def test_each_drop_gets_one_verdict_that_says_what_it_rests_on(case: Case) -> None:
    found = judge(case.facts).findings
    first = found[0]
    drops = [item for item in case.facts.operations if item.is_drop]
    assert [item.object for item in found] == [item.object for item in drops]
    assert (first.code, first.outcome, first.severity, first.aliases) == (
        case.code,
        case.outcome,
        case.severity,
        case.aliases,
    )
    said = "\n".join((first.sentence, first.provenance, *first.evidence, *first.ways_out))
    for words in case.says:
        assert words in said


def test_a_partitions_index_that_is_called_otherwise_is_a_partitions_still() -> None:
    given = operations(drop("index", "ix_a", "a"), create("index", "ix_users_a", "a"))
    before = schema(table(IX, kind="partition", parents=("people",)))
    found = judge(ReviewContext(given, before, schema(table(NEW_IX))))
    assert [(item.code, item.outcome) for item in found.held if item.operations] == [("FD06", "held")]
    assert found.hold == {0, 1}


def test_the_code_of_the_kind_stays_a_name_for_allowances() -> None:
    facts = VERDICTS["a partition"].facts
    assert judge(facts, "FD05:log_1").hold == judge(facts, "FD06:log_1").hold == frozenset()


NEW_UQ = Constraint("users", "users_a_key", "unique", "UNIQUE (a)", ("a",))
NEW_IX = Index("users", "ix_users_a", IX.definition.replace("ix_a", "ix_users_a"), columns=("a",))
RENAMED = {
    "a unique constraint": (
        operations(drop("unique", "uq_a", "a"), create("unique", "users_a_key", "a")),
        UQ,
        NEW_UQ,
        [
            "ALTER TABLE users RENAME CONSTRAINT uq_a TO users_a_key",
            "ALTER TABLE users RENAME CONSTRAINT users_a_key TO uq_a",
        ],
    ),
    "an index, made first": (
        operations(create("index", "ix_users_a", "a"), drop("index", "ix_a", "a")),
        IX,
        NEW_IX,
        ["ALTER INDEX ix_a RENAME TO ix_users_a", "ALTER INDEX ix_users_a RENAME TO ix_a"],
    ),
}


@pytest.mark.parametrize(("given", "old", "new", "written"), RENAMED.values(), ids=RENAMED.keys())
def test_what_only_changes_its_name_is_renamed(
    given: tuple[Operation, ...], old: Constraint | Index, new: Constraint | Index, written: list[str]
) -> None:
    found = judge(ReviewContext(given, schema(table(old)), schema(table(new))))
    assert [(item.code, item.outcome) for item in found.findings] == [("FD03", "repaired")]
    assert (found.hold, pieces(found)) == (frozenset(), [written])
    assert found.edits[0].replaces == (0, 1)
    assert Reviewed("shop", given, found).untouched == ()
    assert Reviewed("shop", given, found).missing == (found.findings[0].sentence,)


def test_a_unique_index_in_a_constraints_place_is_created_before_the_drop() -> None:
    given = operations(drop("unique", "uq_a", "a"), create("index", "ix_a", "a", unique=True))
    found = judge(ReviewContext(given, schema(table(UQ))))
    assert [(item.code, item.severity, item.outcome) for item in found.findings] == [("FD02", "warn", "repaired")]
    assert (found.hold, pieces(found)) == (frozenset(), [["original 1, original 0", "mirror 0, mirror 1"]])
    assert Reviewed("shop", given, found).untouched == given
    assert Reviewed("shop", given, found).missing == (
        "drop unique constraint users.uq_a.",
        "create unique index users.ix_a.",
    )


# --- renames ---------------------------------------------------------------------------------------------------------

BEFORE = schema(
    table(
        column("full_name"),
        column("id", "integer"),
        Index("users", "ix_f", "I USING btree (full_name)", columns=("full_name",)),
    )
)
AFTER = schema(table(column("name", "character varying(80)", nullable=False), column("id", "integer")))
RENAMING = operations(
    drop("index", "ix_f", "full_name"),
    create("column", "name", "name"),
    create("index", "ix_n", "name"),
    drop("column", "full_name", "full_name"),
)


def test_a_column_that_may_have_been_renamed_is_asked_about() -> None:
    found = judge(ReviewContext(RENAMING, BEFORE, AFTER))
    (finding,) = found.findings
    assert (finding.code, finding.outcome, finding.aliases) == ("RN01", "held", ("BC01",))
    assert found.hold == {0, 1, 2, 3}
    assert finding.ways_out == (
        "If it is a rename: invoke generate --rename users.full_name=name",
        "If it is not: allow the drop by name: invoke generate --allow RN01:users.full_name",
    )
    assert judge(ReviewContext(RENAMING, BEFORE, AFTER), "BC01:full_name").hold == frozenset()


def test_what_a_repair_adds_is_said_once() -> None:
    before, after = (Catalog(enums=(Enum("public", "mood", labels),)) for labels in (("a",), ("a", "b")))
    found = judge(ReviewContext(operations(), before, after))
    assert [item.kind for item in found.added] == ["alter_enum"]
    assert Reviewed("shop", (), found).missing == (found.findings[0].sentence,)


@pytest.mark.parametrize(
    "new",
    [column("name", "integer"), column("fullname", "jsonb")],
    ids=["another type", "another type, and nearly the same name"],
)
def test_what_is_not_alike_is_no_rename(new: Column) -> None:
    given = operations(create("column", new.name, new.name), drop("column", "full_name", "full_name"))
    facts = ReviewContext(given, schema(table(column("full_name"))), schema(table(new)))
    assert 0 not in judge(facts).hold


TEXTS, NUMBER = ("alias", "zip"), column("age", "integer")
CAMEL, OTHER = drop("column", "fullName", "fullName"), drop("column", "other", "other")
ASKED: dict[str, tuple[list[dict[str, Any]], list[Column], dict[str, str]]] = {
    "beside an addition of another type": ([CAMEL], [column("zip"), NUMBER], {"users.fullName": "zip"}),
    "beside one of the same type with another name": (
        [CAMEL],
        [column("name_of_all"), column("zip")],
        {"users.fullName": "name_of_all"},
    ),
    "two that may be it": ([CAMEL], [*map(column, TEXTS), NUMBER], {"users.fullName": "alias zip"}),
    "two that one may be": ([CAMEL, OTHER], [column("zip")], {"users.fullName": "zip", "users.other": "zip"}),
}


@pytest.mark.parametrize(("dropped", "added", "asked"), ASKED.values(), ids=ASKED.keys())
def test_only_additions_that_could_be_it_are_asked_about_and_held(
    dropped: list[dict[str, Any]], added: list[Column], asked: dict[str, str]
) -> None:
    given = operations(*(create("column", each.name, each.name) for each in added), *dropped)
    before = schema(table(*(column(each["name"]) for each in dropped)))
    found = judge(ReviewContext(given, before, schema(table(*added))))
    options = {
        item.object: [way.partition("=")[2] for way in item.ways_out if "--rename" in way] for item in found.findings
    }
    assert options == {name: new.split() for name, new in asked.items()}
    names = {name for new in asked.values() for name in new.split()}
    assert {given[number].name for number in found.hold} == names | {each["name"] for each in dropped}


def test_what_the_base_branch_lacks_too_was_not_renamed_by_this_change() -> None:
    given = operations(create("column", "zip", "zip"), drop("column", "full_name", "full_name"))
    before, after = schema(table(column("full_name"))), schema(table(column("zip")))
    base = BaseModels("main", schema(table(column("id"))))
    assert judge(ReviewContext(given, before, after, base=base)).hold == {1}
    made = (Revision("2", (), "2.py", "", "def upgrade():\n    op.add_column('users', sa.Column('full_name'))\n"),)
    assert judge(ReviewContext(given, before, after, base=base, history=made)).hold == {0, 1}


def test_a_wished_rename_of_a_column_takes_what_is_about_it_along() -> None:
    wishes = ChangeHints(renames={"users.full_name": "name"})
    found = judge(ReviewContext(RENAMING, BEFORE, AFTER, wishes=wishes, base=BaseModels("main", BEFORE)))
    assert [(item.code, item.outcome, item.severity) for item in found.findings] == [
        ("RN01", "repaired", "info"),
        ("BC03", "kept", "error"),
    ]
    assert found.hold == frozenset()
    (edit,) = found.edits
    assert edit.replaces == (0, 1, 2, 3)
    assert pieces(found) == [
        [
            (
                "alter_column users full_name name, ALTER INDEX ix_f RENAME TO ix_n,"
                " ALTER TABLE users ALTER COLUMN name TYPE character varying(80) USING name::character varying(80),"
                " alter_column users name False"
            ),
            (
                "alter_column users name True, ALTER TABLE users ALTER COLUMN name TYPE text USING name::text,"
                " ALTER INDEX ix_n RENAME TO ix_f, alter_column users name full_name"
            ),
        ]
    ]


def people(name: str, key: str, sequence: str) -> Catalog:
    columns = (column(each, of=name) for each in ("id", "email", "born"))
    constraint = Constraint(name, key, "primary key", "PRIMARY KEY (id)", ("id",))
    owned = Sequence("public", sequence, owned_by=f"{name}.id", owned_by_table=name, implicit=True)
    return schema(table(*columns, constraint, name=name), sequences=(owned,))


RENAMED_TABLE = operations(
    create("table", table="people"),
    create("index", "ix_p", "born", table="people"),
    drop("table"),
    drop("foreign key", "fk_u", "u", table="logs", referent="users"),
    create("foreign key", "fk_u", "u", table="logs", referent="people"),
)
OLD, NEW = people("users", "users_pkey", "users_id_seq"), people("people", "people_pkey", "people_id_seq")


def test_a_table_that_may_have_been_renamed_is_asked_about() -> None:
    found = judge(ReviewContext(RENAMED_TABLE, OLD, NEW))
    (finding,) = found.findings
    assert (finding.code, finding.outcome) == ("RN02", "held")
    assert finding.ways_out[0].endswith("--rename-table users=people")
    assert found.hold == {0, 1, 2, 3, 4}


def test_a_wished_rename_of_a_table_takes_its_names_along() -> None:
    found = judge(ReviewContext(RENAMED_TABLE, OLD, NEW, wishes=ChangeHints(table_renames={"users": "people"})))
    assert [item.code for item in found.findings][:1] == ["RN02"]
    assert found.edits[0].replaces == (0, 1, 2, 3, 4)
    assert pieces(found)[0][0] == (
        "rename_table users people, ALTER TABLE people RENAME CONSTRAINT users_pkey TO people_pkey,"
        " ALTER SEQUENCE users_id_seq RENAME TO people_id_seq"
    )
    assert found.hold == frozenset()


def test_a_rename_of_what_is_not_there_is_refused_with_its_reason() -> None:
    wishes = ChangeHints(
        {"users.nick": "name", "clubs.a": "b", "users.id": "key"}, {"teams": "clubs", "users": "people"}
    )
    assert list(unmet(ReviewContext(RENAMING, BEFORE, AFTER, wishes=wishes))) == [
        "--rename users.nick=name: the table users has no column nick.",
        "--rename clubs.a=b: the database has no table clubs.",
        "--rename users.id=key: the models still have the column users.id.",
        "--rename-table teams=clubs: the database has no table teams.",
        "--rename-table users=people: the models still have the table users.",
    ]


# --- what an allowed drop breaks -------------------------------------------------------------------------------------

CHECK = Constraint("users", "ck_a", "check", "CHECK (a <> '')", ("a", "b"))
BASES = {
    "the version that runs has it": (BaseModels("main", schema(table(column("a")))), [("BC01", "error")]),
    "the version that runs does without": (BaseModels("main", schema(table())), []),
    "nothing is known of it": (BaseModels(), [("BC01", "warn")]),
}


@pytest.mark.parametrize(("base", "expected"), BASES.values(), ids=BASES.keys())
def test_an_allowed_drop_of_a_column_takes_two_deploys(base: BaseModels, expected: list[tuple[str, str]]) -> None:
    found = judge(ReviewContext(operations(drop("column", "a", "a")), base=base), "BC01:users.a")
    assert [(item.code, item.severity) for item in found.findings] == expected
    assert found.hold == frozenset()


def test_an_allowed_drop_says_what_it_takes_along_and_who_names_it() -> None:
    before = schema(table(column("a"), CHECK), views=(View("public", "v", "SELECT users.b AS a FROM users;"),))
    facts = ReviewContext(
        operations(drop("column", "a", "a")),
        before,
        base=BaseModels("main", schema(table())),
        sources=Sources({"users.a": ("app/x.py:3",)}, 9),
    )
    found = judge(facts, "BC01:a")
    assert [(item.code, item.severity) for item in found.findings] == [("FD11", "error"), ("FD12", "error")]
    assert found.findings[0].sentence.endswith("what the file does not name: check ck_a.")
    assert "app/x.py:3" in found.findings[1].sentence
    assert judge(facts, "BC01:a", "FD11:a", "FD12:a").findings == ()


VIEW = View("public", "v", "SELECT users.a FROM users;", columns=("users.a",))


def test_an_allowed_drop_of_a_column_that_a_view_reads_is_held_with_its_index() -> None:
    given = operations(drop("index", "ix_a", "a"), drop("column", "a", "a"))
    before = schema(table(column("a"), IX), views=(VIEW,))
    found = judge(ReviewContext(given, before, base=BaseModels("main", schema(table()))), "BC01:users.a")
    assert [(item.code, item.outcome) for item in found.findings] == [("FD11", "held")]
    assert "view v reads it" in found.findings[0].sentence
    assert found.hold == {0, 1}


def test_a_drop_whose_view_the_revision_drops_too_is_not_held() -> None:
    given = operations({"kind": "other", "table": "", "code": 'op.drop_entity("v")'}, drop("column", "a", "a"))
    before = schema(table(column("a")), views=(VIEW,))
    assert (
        judge(ReviewContext(given, before, base=BaseModels("main", schema(table()))), "BC01:users.a").hold
        == frozenset()
    )


def test_a_key_to_a_table_whose_drop_is_held_stays() -> None:
    given = operations(drop("table", table="users"), drop("table", table="logs"), drop("table", table="teams"))
    key = Constraint(
        "logs", "fk_users", "foreign key", "FOREIGN KEY (u) REFERENCES users(id)", ("u",), "users", ("id",)
    )
    found = judge(ReviewContext(given, schema(table(), table(key, name="logs"), table(name="teams"))))
    assert {item.code for item in found.findings} == {"FD13"}
    assert found.hold == {0, 1, 2}
    assert found.edits == ()


def test_a_required_column_that_may_be_a_rename_is_asked_about_once() -> None:
    added = create("column", "full_name", "full_name", details={"nullable": False})
    before, after = schema(table(column("name"))), schema(table(column("full_name", nullable=False)))
    facts = ReviewContext(
        operations(drop("column", "name", "name"), added), before, after, base=BaseModels("main", schema(table()))
    )
    assert [(item.code, item.object) for item in judge(facts).findings] == [("RN01", "users.name")]
    told = judge(facts, "RN01:users.name")
    assert [(item.code, item.object) for item in told.findings] == [("DT01", "users.full_name")]
    assert told.hold == {1}


def test_a_default_or_not_null_that_is_removed_is_no_more_than_a_note() -> None:
    details = {"existing_server_default": "0", "modify_server_default": None, "existing_nullable": False}
    given = operations(
        {"kind": "alter_column", "name": "a", "details": details},
        {"kind": "alter_column", "name": "b", "details": {"modify_nullable": True, "existing_nullable": False}},
        {"kind": "alter_column", "name": "c", "details": {**details, "existing_nullable": True}},
    )
    assert [(item.code, item.severity, item.object) for item in judge(ReviewContext(given)).findings] == [
        ("BC04", "info", "users.a"),
        ("BC04", "info", "users.b"),
    ]


# --- partitions and what inherits -----------------------------------------------------------------------------------


def part(name: str, parent: str) -> Table:
    bound = "FOR VALUES IN ('a')"
    return table(column("a", of=name), name=name, kind="partition", parents=(parent,), partition_bound=bound)


PARTITIONED = table(column("a", of="logs"), name="logs", kind="partitioned", partition_key="LIST (a)")


def test_the_drop_of_a_copy_that_postgresql_keeps_by_itself_is_left_out_unsaid() -> None:
    copies = operations(
        drop("foreign key", "fk_a_1", "u", table="logs", referent="users_1"),
        drop("index", "logs_1_u_idx", "u", table="logs_1"),
        drop("foreign key", "fk_a", "u", table="logs", referent="users"),
    )
    logs = table(FK, name="logs")
    review = judge(ReviewContext(copies, schema(logs, part("logs_1", "logs")), schema(table(name="logs"))))
    assert review.hold == {0, 1, 2}
    assert [(item.code, item.object) for item in review.findings] == [("FD10", "logs.fk_a")]


def test_partitions_go_with_their_table_and_come_back_after_it() -> None:
    tables = PARTITIONED, part("logs_1", "logs"), part("logs_2", "logs_1"), table(name="kept")
    drops = operations(*(drop("table", table=name) for name in ("logs_1", "logs", "logs_2")))
    facts = ReviewContext(drops, schema(*tables), schema(table(name="kept")))
    held = judge(facts)
    assert [(item.code, item.object, set(item.operations)) for item in held.held] == [("FD05", "logs", {0, 1, 2})]
    review = judge(facts, "FD05:logs")
    assert review.hold == set()
    (edit,) = review.edits
    assert [piece["id"] for piece in edit.upgrade] == [2, 0, 1]
    assert [piece.get("options") or piece["sql"] for piece in edit.downgrade] == [
        {"postgresql_partition_by": "LIST (a)"},
        "CREATE TABLE logs_1 PARTITION OF logs FOR VALUES IN ('a')",
        "CREATE TABLE logs_2 PARTITION OF logs_1 FOR VALUES IN ('a')",
    ]


def test_a_partition_of_a_table_that_is_referred_to_is_detached_before_it_goes() -> None:
    key = Constraint("notes", "fk", "foreign key", "FOREIGN KEY (a) REFERENCES logs(a)", ("a",), "logs", ("a",))
    before = schema(PARTITIONED, part("logs_1", "logs"), table(key, name="notes"))
    after = schema(PARTITIONED, table(key, name="notes"))
    review = judge(ReviewContext(operations(drop("table", table="logs_1")), before, after), "FD06:logs_1")
    assert pieces(review)[0][0].startswith("ALTER TABLE logs DETACH PARTITION logs_1, ")
