"""Allowances in revision files."""

from __future__ import annotations

import pytest

from migrations_tools.review.comments import comments, write
from migrations_tools.review.findings import Allowance

FILE = '''"""x"""

revision = "2"


def upgrade() -> None:
    op.drop_table("a")


def downgrade() -> None:
    pass
'''


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# migrations: allow BC01 users.name -- old", {"code": "BC01", "object": "users.name", "reason": "old"}),
        (
            "#migrations:allow FD01 uq a until 2027-01-31 -- why -- so",
            {"code": "FD01", "object": "uq a", "until": "2027-01-31", "reason": "why -- so"},
        ),
        ("# migrations: allow BC01 users.name", None),
        ("# migrations: allow BC01 users.name --", None),
        ("# migrations: alow BC01 users.name -- why", None),
    ],
)
def test_an_allowance_has_a_code_an_object_and_a_reason(line: str, expected: dict[str, str] | None) -> None:
    (comment,) = comments(f"x = 1\n{line}\n")
    assert (comment.line, comment.allowance) == (2, expected)


def test_texts_are_no_comments_and_other_comments_are_not_ours() -> None:
    assert comments('x = "# migrations: allow BC01 a -- b"  # fine\n') == ()
    assert comments("x = (\n") == ()


def test_a_generated_file_says_what_it_rests_on_above_upgrade_and_is_read_again() -> None:
    text = write(FILE, [Allowance("BC02", "a", "moved to b", "2027-01-31"), Allowance("FD01", "uq")])
    assert text.count("\n") == FILE.count("\n") + 2
    assert text.splitlines()[5:8] == [
        "# migrations: allow BC02 a until 2027-01-31 -- moved to b",
        "# migrations: allow FD01 uq -- allowed when it was generated",
        "def upgrade() -> None:",
    ]
    assert [comment.allowance["object"] for comment in comments(text) if comment.allowance] == ["a", "uq"]


def test_without_allowances_a_file_keeps_its_bytes() -> None:
    assert write(FILE, []) == FILE
