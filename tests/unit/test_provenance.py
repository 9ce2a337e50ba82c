"""Which revision file made an object, read from its text."""

from __future__ import annotations

import textwrap

import pytest

from migrations_tools.provenance import Deed, Revision, SourceLine, Trace, find, trace


def revision(number: str, body: str) -> Revision:
    source = "from alembic import op\n\n\ndef upgrade():\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ")
    source += (
        "\n\n\ndef downgrade():\n    op.create_table('users')\n    op.create_index('ix_made_again', 'users', ['a'])\n"
    )
    return Revision(number, (), f"{number}_some_file.py", "", source)


FIRST = revision(
    "0001",
    """
    op.create_table(
        "users",
        sa.Column("email", sa.String()),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_users_team")),
        schema="shop",
    )
    op.create_index("ix_users_email", "users", ["email"])
    op.create_table("teams", sa.Column("email", sa.String()))
    """,
)
SECOND = revision(
    "0002",
    """
    op.add_column("users", sa.Column("nick", sa.String()))
    op.create_unique_constraint("uq_users_nick", "users", ["nick"])
    op.execute("ALTER TABLE users ADD CONSTRAINT ck_users_nick CHECK (nick <> '')")
    op.execute(sa.text('CREATE UNIQUE INDEX "ix_by_hand" ON users(nick)'))
    op.execute("UPDATE users SET nick = 'uq_users_email'")
    with op.batch_alter_table("users") as batch:
        batch.create_check_constraint("ck_users_email", "email <> ''")
    op.rename_table("people", "members")
    op.execute("CREATE TABLE IF NOT EXISTS shop.audit (id int); ALTER TABLE audit ADD COLUMN who text")
    op.alter_column("users", "mail", new_column_name="address")
    """,
)
ANNOTATED = Revision(
    "0003", ("0002",), "0003.py", "", "def upgrade() -> None:\n    op.create_index('ix_newer', 'users', ['email'])\n"
)
UNREADABLE = Revision("0004", ("0003",), "0004.py", "", "def upgrade(:\n")
HISTORY = (UNREADABLE, ANNOTATED, SECOND, FIRST)


@pytest.mark.parametrize(
    ("table", "name", "place"),
    [
        ("users", "", SourceLine("0001", "0001_some_file.py", 5)),
        ("teams", "", SourceLine("0001", "0001_some_file.py", 13)),
        ("members", "", SourceLine("0002", "0002_some_file.py", 12)),
        ("audit", "", SourceLine("0002", "0002_some_file.py", 13)),
        ("users", "uq_users_email", SourceLine("0001", "0001_some_file.py", 8)),
        ("users", "fk_users_team", SourceLine("0001", "0001_some_file.py", 9)),
        ("users", "ix_users_email", SourceLine("0001", "0001_some_file.py", 12)),
        ("users", "email", SourceLine("0001", "0001_some_file.py", 7)),
        ("teams", "email", SourceLine("0001", "0001_some_file.py", 13)),
        ("users", "nick", SourceLine("0002", "0002_some_file.py", 5)),
        ("users", "uq_users_nick", SourceLine("0002", "0002_some_file.py", 6)),
        ("users", "ck_users_nick", SourceLine("0002", "0002_some_file.py", 7)),
        ("users", "ix_by_hand", SourceLine("0002", "0002_some_file.py", 8)),
        ("users", "ck_users_email", SourceLine("0002", "0002_some_file.py", 11)),
        ("audit", "who", SourceLine("0002", "0002_some_file.py", 13)),
        ("users", "address", SourceLine("0002", "0002_some_file.py", 14)),
        ("users", "ix_newer", SourceLine("0003", "0003.py", 2)),
        ("users", "ix_made_again", None),
        ("users", "uq_made_by_hand", None),
        ("orders", "uq_users_nick", None),
        ("orders", "", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_line_that_made_an_object_is_found(table: str, name: str, place: SourceLine | None) -> None:
    assert find(HISTORY, table, name) == place


def test_a_place_reads_as_editors_read_it() -> None:
    assert SourceLine("0001", "0001_create.py", 12).words() == "0001_create.py:12"


CHANGING = revision(
    "0005",
    """
    op.alter_column("users", "email", nullable=False)
    op.drop_constraint("uq_users_nick", "users")
    op.drop_index("ix_users_email", table_name="users")
    op.drop_column("teams", "email")
    with op.batch_alter_table("users") as batch:
        batch.alter_column("nick", type_=sa.Text())
        batch.drop_constraint("ck_users_email")
    op.drop_table("audit")
    op.execute("ALTER TABLE members ALTER COLUMN address SET NOT NULL; ALTER TABLE users DROP CONSTRAINT ck_users_nick")
    mood = postgresql.ENUM("good", "bad", name="mood")
    op.execute("ALTER TYPE shop.level ADD VALUE 'high'")
    op.execute("CREATE SEQUENCE numbers")
    op.execute('DROP VIEW IF EXISTS "totals"')
    op.execute("CREATE EXTENSION IF NOT EXISTS citext")
    op.add_column("users", sa.Column("team", sa.Enum("a", "b", name="team_kind")))
    """,
)


@pytest.mark.parametrize(
    ("table", "name", "found"),
    [
        ("users", "email", ("changed", 5)),
        ("users", "uq_users_nick", ("dropped", 6)),
        ("users", "ix_users_email", ("dropped", 7)),
        ("teams", "email", ("dropped", 8)),
        ("users", "nick", ("changed", 10)),
        ("users", "ck_users_email", ("dropped", 11)),
        ("audit", "", ("dropped", 12)),
        ("members", "address", ("changed", 13)),
        ("users", "ck_users_nick", ("dropped", 13)),
        ("", "mood", ("created", 14)),
        ("", "level", ("changed", 15)),
        ("", "numbers", ("created", 16)),
        ("", "totals", ("dropped", 17)),
        ("", "citext", ("created", 18)),
        ("", "team_kind", ("created", 19)),
        ("users", "team", ("created", 19)),
        ("users", "mood", None),
        ("", "users", None),
        ("", "nick", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_newest_line_that_made_changed_or_dropped_an_object_is_found(
    table: str, name: str, found: tuple[Deed, int] | None
) -> None:
    expected = Trace(found[0], SourceLine("0005", "0005_some_file.py", found[1])) if found else None
    assert trace((CHANGING, *HISTORY), table, name) == expected


def test_what_no_newer_revision_touches_comes_from_the_one_that_made_it() -> None:
    made = SourceLine("0001", "0001_some_file.py", 8)
    assert trace((CHANGING, *HISTORY), "users", "uq_users_email") == Trace("created", made)


RAW = revision(
    "0001",
    """
    op.execute(
        "CREATE TABLE shop.orders (id serial PRIMARY KEY, code text NOT NULL UNIQUE, user_id int REFERENCES users,"
        " price numeric(10, 2) CHECK (price > 0), tag text CONSTRAINT uq_tag UNIQUE, UNIQUE (code, tag),"
        " CONSTRAINT named UNIQUE (price, tag), CHECK (price < 9), FOREIGN KEY (code, tag) REFERENCES codes)"
    )
    op.execute("ALTER TABLE orders ADD UNIQUE (price), ADD note text, ADD COLUMN IF NOT EXISTS weight int UNIQUE")
    op.execute("CREATE INDEX ON orders (note, price)")
    """,
)
CALLED = revision(
    "0001",
    """
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(), unique=True),
        sa.Column("team", sa.ForeignKey("teams.id")),
        sa.Column("nick", sa.String(), sa.CheckConstraint("nick <> ''"), unique=False),
        sa.UniqueConstraint("email", "team"),
        sa.UniqueConstraint("nick", name="uq_nick"),
        sa.ForeignKeyConstraint(["nick", "team"], ["a.b", "a.c"]),
    )
    op.create_unique_constraint(None, "users", ["nick", "id"])
    op.create_foreign_key(None, "users", "nicks", ["nick"], ["id"])
    with op.batch_alter_table("users") as batch:
        batch.create_unique_constraint(None, ["team"])
    """,
)


@pytest.mark.parametrize(
    ("history", "table", "name", "line"),
    [
        (RAW, "orders", "id", 5),
        (RAW, "orders", "tag", 5),
        (RAW, "orders", "orders_pkey", 5),
        (RAW, "orders", "orders_code_key", 5),
        (RAW, "orders", "orders_user_id_fkey", 5),
        (RAW, "orders", "orders_price_check", 5),
        (RAW, "orders", "orders_check", 5),
        (RAW, "orders", "orders_code_tag_key", 5),
        (RAW, "orders", "orders_code_tag_fkey", 5),
        (RAW, "orders", "orders_price_key1", 10),
        (RAW, "orders", "note", 10),
        (RAW, "orders", "weight", 10),
        (RAW, "orders", "orders_weight_key", 10),
        (RAW, "orders", "orders_note_price_idx", 11),
        # These have names of their own: what is called so was made elsewhere.
        (RAW, "orders", "orders_tag_key", 0),
        (RAW, "orders", "orders_price_tag_key", 0),
        (RAW, "orders", "numeric", 0),
        (RAW, "orders", "users", 0),
        (CALLED, "users", "users_pkey", 7),
        (CALLED, "users", "users_email_key", 8),
        (CALLED, "users", "users_team_fkey", 9),
        (CALLED, "users", "users_nick_check", 10),
        (CALLED, "users", "users_email_team_key", 11),
        (CALLED, "users", "users_nick_team_fkey", 13),
        (CALLED, "users", "users_nick_id_key", 15),
        (CALLED, "users", "users_nick_fkey", 16),
        (CALLED, "users", "users_team_key", 18),
        (CALLED, "users", "users_nick_key", 0),
        (CALLED, "users", "users_id_key", 0),
        (CALLED, "teams", "teams_pkey", 0),
    ],
)
def test_what_a_revision_leaves_unnamed_is_found_by_the_name_that_postgresql_chooses(
    history: Revision, table: str, name: str, line: int
) -> None:
    place = SourceLine("0001", "0001_some_file.py", line) if line else None
    assert find([history], table, name) == place
    assert trace([history], table, name) == (Trace("created", place) if place else None)


def test_what_a_naming_convention_names_is_found_by_what_it_is_and_its_columns() -> None:
    assert find([CALLED], "users", "uq_users_email", "unique", ("email",)) == SourceLine("0001", CALLED.file, 8)
    assert find([CALLED], "users", "uq_users_email", "foreign key", ("email",)) is None
    assert find([CALLED], "users", "uq_users_email", "unique", ("nick",)) is None
