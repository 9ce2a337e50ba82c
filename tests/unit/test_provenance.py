"""Which revision file made an object, read from its text."""

from __future__ import annotations

import textwrap

import pytest

from migrations_tools.review.provenance import Place, Revision, find


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
        ("users", "", Place("0001", "0001_some_file.py", 5)),
        ("teams", "", Place("0001", "0001_some_file.py", 13)),
        ("members", "", Place("0002", "0002_some_file.py", 12)),
        ("audit", "", Place("0002", "0002_some_file.py", 13)),
        ("users", "uq_users_email", Place("0001", "0001_some_file.py", 8)),
        ("users", "fk_users_team", Place("0001", "0001_some_file.py", 9)),
        ("users", "ix_users_email", Place("0001", "0001_some_file.py", 12)),
        ("users", "email", Place("0001", "0001_some_file.py", 7)),
        ("teams", "email", Place("0001", "0001_some_file.py", 13)),
        ("users", "nick", Place("0002", "0002_some_file.py", 5)),
        ("users", "uq_users_nick", Place("0002", "0002_some_file.py", 6)),
        ("users", "ck_users_nick", Place("0002", "0002_some_file.py", 7)),
        ("users", "ix_by_hand", Place("0002", "0002_some_file.py", 8)),
        ("users", "ck_users_email", Place("0002", "0002_some_file.py", 11)),
        ("audit", "who", Place("0002", "0002_some_file.py", 13)),
        ("users", "address", Place("0002", "0002_some_file.py", 14)),
        ("users", "ix_newer", Place("0003", "0003.py", 2)),
        ("users", "ix_made_again", None),
        ("users", "uq_made_by_hand", None),
        ("orders", "uq_users_nick", None),
        ("orders", "", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_line_that_made_an_object_is_found(table: str, name: str, place: Place | None) -> None:
    assert find(HISTORY, table, name) == place


def test_a_place_reads_as_editors_read_it() -> None:
    assert Place("0001", "0001_create.py", 12).words() == "0001_create.py:12"
