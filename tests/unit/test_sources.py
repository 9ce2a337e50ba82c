"""Where sources name what is dropped: whole words; tables and columns in SQL only; nothing but the project's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrations_tools.discovery.source_mentions import Term, search

CASES = {
    "a constraint in an upsert": ("app.py", "\nx = on_conflict(constraint='uq_a')\n", Term("name", "uq_a"), [2]),
    "a constraint as part of another name": ("app.py", "x = 'uq_abc' + my_uq_a\n", Term("name", "uq_a"), []),
    "a column in SQL over lines": (
        "app.py",
        'q = """\nSELECT nick\nFROM users"""\n',
        Term("column", "nick", "users"),
        [2],
    ),
    "a column in SQL with values": ("app.py", 'f"SELECT nick FROM users {x}"', Term("column", "nick", "users"), [1]),
    "a column of another table": ("app.py", 'q = "SELECT nick FROM teams"', Term("column", "nick", "users"), []),
    "a column that is no SQL": ("app.py", 'q = "nick of users"\nuser.nick = 1', Term("column", "nick", "users"), []),
    "a table in SQL": ("jobs.sql", "SELECT 1;\n\nDELETE FROM logs;", Term("table", "logs"), [3]),
    "a table in words": ("app.py", 'print("logs")', Term("table", "logs"), []),
    "a file that is no Python": ("app.py", "def (", Term("table", "logs"), []),
    "another language": ("x.ts", "\nawait sql`SELECT * FROM logs`", Term("table", "logs"), [2]),
}


@pytest.mark.parametrize(("file", "text", "term", "lines"), CASES.values(), ids=CASES.keys())
def test_a_name_is_found_where_it_matters(file: str, text: str, term: Term, lines: list[int], tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    found, count = search([tmp_path], [], {"it": term})
    assert (found, count) == ({"it": [f"{file}:{line}" for line in lines]} if lines else {}, 1)


@pytest.mark.parametrize("folder", ["node_modules/x", ".git", "venv", "tests", "versions", "of_its_own"])
def test_what_is_not_the_projects_own_code_is_not_searched(folder: str, tmp_path: Path) -> None:
    place = tmp_path / folder
    place.mkdir(parents=True)
    (place / "a.py").write_text("'uq_a'")
    (tmp_path / "of_its_own").mkdir(exist_ok=True)
    (tmp_path / "of_its_own" / "pyvenv.cfg").write_text("")
    (tmp_path / "large.py").write_text("'uq_a'" * 100_000)
    assert search([tmp_path], [tmp_path / "versions"], {"it": Term("name", "uq_a")}) == ({}, 0)


def test_a_folder_that_two_share_is_searched_once(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "a.py").write_text("'uq_a'")
    found = search([tmp_path, tmp_path / "api"], [], {"it": Term("name", "uq_a")})
    assert found == ({"it": ["api/a.py:1"]}, 1)
