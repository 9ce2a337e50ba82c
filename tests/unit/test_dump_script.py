"""Plain dumps taken apart: statements, rows, commands of psql's own, and what of them may not run."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from migrations_tools.engines.dumps.formats import format_of
from migrations_tools.engines.dumps.restore import check, left_out
from migrations_tools.engines.dumps.script import Command, CopyRows, DumpStatement, Part, parts
from migrations_tools.errors import CannotProceed

BODY = "CREATE OR REPLACE FUNCTION f()\nBEGIN ATOMIC SELECT CASE WHEN true THEN 1 END;\n SELECT 2;\nEND;"


def read(script: str) -> list[Part]:
    return list(parts(script.encode().splitlines(keepends=True)))


def statements(script: str) -> list[tuple[int, str]]:
    found = read(script)
    assert all(isinstance(part, DumpStatement) for part in found), found
    return [(part.line, part.text.decode()) for part in found if isinstance(part, DumpStatement)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("SELECT 1;\nSELECT 2;", [(1, "SELECT 1;"), (2, "SELECT 2;")], id="a line each"),
        pytest.param("SELECT 1; SELECT 2;\n", [(1, "SELECT 1;"), (1, "SELECT 2;")], id="two in a line"),
        pytest.param("SELECT\n\n  1\n;\n", [(1, "SELECT\n\n  1\n;")], id="over several lines"),
        pytest.param("\ufeffSELECT 1;\n", [(1, "SELECT 1;")], id="a byte order mark before it"),
        pytest.param("SELECT 1", [(1, "SELECT 1")], id="without a semicolon at the end"),
        pytest.param("-- a; b\n\nSELECT 1; -- c;\n-- d\n", [(3, "SELECT 1;")], id="comments between"),
        pytest.param("/* a; /* b; */ \\c x\n; */ SELECT 1;", [(2, "SELECT 1;")], id="a comment with a comment in it"),
        pytest.param("SELECT 'a;''b\n\\c';\n", [(1, "SELECT 'a;''b\n\\c';")], id="a text with everything in it"),
        pytest.param("SELECT E'a\\';b';SELECT 2;", [(1, "SELECT E'a\\';b';"), (1, "SELECT 2;")], id="an escaped quote"),
        pytest.param("SELECT 'a\\';SELECT 2;", [(1, "SELECT 'a\\';"), (1, "SELECT 2;")], id="a plain backslash"),
        pytest.param(
            "SET standard_conforming_strings = off;\nSELECT 'a\\';b';",
            [(1, "SET standard_conforming_strings = off;"), (2, "SELECT 'a\\';b';")],
            id="backslashes that escape",
        ),
        pytest.param('SELECT "a;""b";', [(1, 'SELECT "a;""b";')], id="a name with a semicolon"),
        pytest.param(
            "CREATE FUNCTION f() AS $x$ a; $$ b; $y$ c;\n'$x$ ; SELECT 2;",
            [(1, "CREATE FUNCTION f() AS $x$ a; $$ b; $y$ c;\n'$x$ ;"), (2, "SELECT 2;")],
            id="dollar quotes",
        ),
        pytest.param(
            "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO u VALUES (1); DELETE FROM v);",
            [(1, "CREATE RULE r AS ON INSERT TO t DO (INSERT INTO u VALUES (1); DELETE FROM v);")],
            id="a rule of several statements",
        ),
        pytest.param(f"{BODY}\nBEGIN;", [(1, BODY), (5, "BEGIN;")], id="a function whose body is SQL"),
        pytest.param("\n\n-- only a comment\n/* and\nanother */\n", [], id="no statement at all"),
    ],
)
def test_a_script_is_read_as_psql_reads_it(script: str, expected: list[tuple[int, str]]) -> None:
    assert statements(script) == expected


def test_rows_of_copy_are_rows_whatever_they_look_like() -> None:
    rows = "\\connect x\nDROP DATABASE x;\n"
    script = f"COPY t (a) FROM stdin;\n{rows}\\.\nCOPY u FROM stdin WITH (FORMAT csv);\n\\.\nSELECT 1;\n"
    assert read(script) == [
        DumpStatement(1, b"COPY t (a) FROM stdin;"),
        CopyRows(rows.encode(), is_last=True),
        DumpStatement(5, b"COPY u FROM stdin WITH (FORMAT csv);"),
        CopyRows(b"", is_last=True),
        DumpStatement(7, b"SELECT 1;"),
    ]
    check(Path("dump.sql"), read(script))


def test_many_rows_come_in_portions_that_hold_every_byte() -> None:
    rows = [f"{number}\ttext {number}\n" for number in range(20_000)]
    found = read("COPY t FROM stdin;\n" + "".join(rows) + "\\.\n")
    portions = [part for part in found if isinstance(part, CopyRows)]
    assert len(portions) > 3
    assert b"".join(part.data for part in portions).decode() == "".join(rows)
    assert [part.is_last for part in portions] == [False] * (len(portions) - 1) + [True]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("SELECT 1;\n\\connect other\n", "`\\connect` in line 2"),
        ("\\c other", "`\\c` in line 1"),
        ("SELECT 1 \\gexec\n", "`\\gexec` in line 1"),
        ("\\! rm -rf ~\n\\i /etc/passwd\n", "`\\!` in line 1, `\\i` in line 2"),
        ("\\copy t from program 'id'\n", "`\\copy` in line 1"),
        ("\n\nCREATE DATABASE shop TEMPLATE template0;", "`CREATE DATABASE` in line 3"),
        ("drop\n database shop;", "`drop database` in line 1"),
        ("ALTER DATABASE shop SET search_path = x;", "`ALTER DATABASE` in line 1"),
        ("COPY t FROM PROGRAM 'id';", "`COPY t` in line 1"),
        ("COPY t TO '/tmp/x';", "`COPY t` in line 1"),
        ("CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p;", "`CREATE SUBSCRIPTION` in line 1"),
        ("ALTER SYSTEM SET fsync = off;", "`ALTER SYSTEM` in line 1"),
        ("/* x */ DROP /* y\n*/ --z\n DATABASE shop;", "`DROP DATABASE` in line 1"),
        ("CREATE FUNCTION begin() LANGUAGE sql AS '';\nDROP DATABASE shop;", "`DROP DATABASE` in line 2"),
        ("SELECT 1; \\c a\n" * 7, ", ".join(f"`\\c` in line {line}" for line in range(1, 6)) + " and 2 more"),
    ],
)
def test_what_leads_out_of_the_database_is_refused_with_its_line(script: str, told: str) -> None:
    with pytest.raises(CannotProceed) as caught:
        check(Path("dump.sql"), read(script))
    assert caught.value.reasons == (
        f"The dump dump.sql was not restored: it would leave the scratch database by {told}.",
    )


@pytest.mark.parametrize(
    "script",
    [
        "\\restrict abc\n",
        "\\unrestrict abc\n",
        "SELECT 'DROP DATABASE x';",
        "COMMENT ON COLUMN t.a IS '\\c x';",
        "CREATE FUNCTION f() AS $$\n\\connect x\n$$;",
        "CREATE TABLE database (a int);",
        "ALTER TABLE copies ADD a text;",
        "CREATE USER MAPPING FOR CURRENT_USER SERVER s;",
    ],
)
def test_what_only_looks_dangerous_is_let_through(script: str) -> None:
    check(Path("dump.sql"), read(script))


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("ALTER TABLE public.users OWNER TO shop;", "ALTER … OWNER TO"),
        ("ALTER TABLE public.users ADD COLUMN a text;", ""),
        ("GRANT ALL ON TABLE users TO PUBLIC;", "GRANT"),
        ("COMMENT ON DATABASE shop IS 'x';", "COMMENT ON DATABASE"),
        ("COMMENT ON TABLE users IS 'x';", ""),
        ("CREATE ROLE shop;", "CREATE ROLE"),
        ("CREATE USER MAPPING FOR shop SERVER s;", ""),
        ("SET SESSION AUTHORIZATION shop;", "SET SESSION AUTHORIZATION"),
        ("SET default_tablespace = fast;", "SET DEFAULT_TABLESPACE"),
        ("SET statement_timeout = 0;", ""),
        ("RESET SESSION AUTHORIZATION;", "RESET SESSION AUTHORIZATION"),
    ],
)
def test_what_is_about_roles_and_owners_is_left_out(statement: str, kind: str) -> None:
    assert left_out(DumpStatement(1, statement.encode())) == kind


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"-- PostgreSQL database dump\n", "plain"),
        (gzip.compress(b"SELECT 1;"), "plain"),
        (b"PGDMP\x01\x0e\x00", "custom"),
        (gzip.compress(b"PGDMP\x01"), "custom"),
        (b"toc.dat" + bytes(250) + b"ustar\x0000", "tar"),
        (b"", "The dump {path} is empty."),
        (gzip.compress(b"\n\n"), "The dump {path} is empty."),
        (b"BZh91AY", "The dump {path} is compressed by bzip2."),
        ("SELECT 1;".encode("utf-16"), "The dump {path} is written in UTF-16, which no program of PostgreSQL reads."),
        (
            gzip.compress(b"SELECT 1;" * 5000)[:30],
            "The dump {path} cannot be read: Compressed file ended before the end-of-stream marker was reached.",
        ),
    ],
    ids=[
        "plain",
        "plain, compressed",
        "custom",
        "custom, compressed",
        "tar",
        "empty",
        "empty, compressed",
        "another compression",
        "UTF-16",
        "cut off",
    ],
)
def test_a_format_is_told_by_how_the_file_begins(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(content)
    try:
        found: str = format_of(path)
    except CannotProceed as error:
        (found,) = error.reasons
    assert found == expected.format(path=path)


def test_a_folder_is_a_dump_when_it_has_a_table_of_contents(tmp_path: Path) -> None:
    with pytest.raises(CannotProceed, match=r"is no dump: it has no toc\.dat"):
        format_of(tmp_path)
    (tmp_path / "toc.dat").write_bytes(b"PGDMP")
    assert format_of(tmp_path) == "directory"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotProceed, match=r"cannot be read: .*No such file"):
        format_of(tmp_path / "nothing")


def test_a_command_keeps_the_line_that_it_stands_in() -> None:
    assert read("SELECT 1;\n\\connect a b\nSELECT 2;\n")[1] == Command(2, "\\connect a b")
