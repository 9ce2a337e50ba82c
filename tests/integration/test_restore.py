"""Dumps of every format, put into a scratch database of a real server."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrations_tools.catalog import Catalog, compare, read
from migrations_tools.data import Contents, fingerprint, seed
from migrations_tools.data import compare as compare_contents
from migrations_tools.engines.dumps import Converter, Restored, by_program, in_container, restore
from migrations_tools.engines.postgres import Server as TempServer
from migrations_tools.engines.postgres import mark, querying
from migrations_tools.errors import CannotProceed, WrongDatabase
from tests.support import embedded

TOKEN = "migrations_tools token of the tests"
OWNER = "shop_owner"
CASES = Path(__file__).with_name("seeding_cases")


@pytest.fixture(scope="module")
def programs() -> Path:
    folder = embedded.binaries_for_tests().folder
    if not (folder / "pg_dump").exists():
        pytest.skip("the server's programs lack pg_dump")
    return folder


@pytest.fixture
def convert(programs: Path) -> Converter:
    return by_program(str(programs / "pg_restore"), dict(os.environ))


@pytest.fixture
def server(postgres_server: embedded.Server, database: str) -> Iterator[TempServer]:
    """Yield a temp server whose only database is an empty scratch database of a role that is no superuser."""
    own = postgres_server
    name = database.rpartition("/")[2]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {OWNER}".encode())
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
        mark(connection, name, TOKEN)
    yield TempServer(own.host, own.port, own.user, name, TOKEN, own.password, owner=OWNER)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {OWNER} CASCADE".encode())
    with psycopg.connect(own.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(own.user))
        )
        connection.execute(f"DROP ROLE {OWNER}".encode())


@pytest.fixture(scope="module")
def original(new_database_for_module: Callable[[], str]) -> str:
    """Return a database with what dumps hold: rows, functions with SQL bodies, comments, owners, odd names."""
    url = new_database_for_module()
    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("types", "circles"):
            connection.execute((CASES / f"{name}.sql").read_bytes())
        connection.execute(
            b"""CREATE EXTENSION IF NOT EXISTS plpgsql; COMMENT ON EXTENSION plpgsql IS 'x';
            CREATE FUNCTION two() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
            CREATE TABLE words (id serial PRIMARY KEY, word text);
            INSERT INTO words (word) VALUES (E'\\\\.'), (E'\\\\connect x\\n;'), (E'tab\\t''"'), (''), (NULL);
            GRANT SELECT ON words TO PUBLIC; CREATE VIEW first AS SELECT min(word) AS word FROM words"""
        )
        query = querying(connection)
        seed(query, read(query))
    return url


def state(url: str) -> tuple[Catalog, Contents]:
    with psycopg.connect(url, autocommit=True) as connection:
        query = querying(connection)
        catalog = read(query)
        return catalog, fingerprint(query, catalog)


def dump(programs: Path, url: str, path: Path, *options: str) -> Path:
    done = subprocess.run(
        [programs / "pg_dump", *options, "--file", path, url], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return path


def plain(programs: Path, url: str, folder: Path) -> Path:
    return dump(programs, url, folder / "dump.sql")


def inserts(programs: Path, url: str, folder: Path) -> Path:
    return dump(programs, url, folder / "dump.sql", "--inserts")


def packed(programs: Path, url: str, folder: Path) -> Path:
    path = folder / "dump.sql.gz"
    path.write_bytes(gzip.compress(plain(programs, url, folder).read_bytes()))
    return path


def custom(programs: Path, url: str, folder: Path) -> Path:
    return dump(programs, url, folder / "dump", "--format", "custom")


def packed_custom(programs: Path, url: str, folder: Path) -> Path:
    path = folder / "dump.gz"
    path.write_bytes(gzip.compress(custom(programs, url, folder).read_bytes()))
    return path


def tar(programs: Path, url: str, folder: Path) -> Path:
    return dump(programs, url, folder / "dump.tar", "--format", "tar")


def directory(programs: Path, url: str, folder: Path) -> Path:
    return dump(programs, url, folder / "dump", "--format", "directory")


def through_a_pipe(programs: Path) -> Converter:
    """Convert as a container does: the words run elsewhere, the archive comes over a pipe."""
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}

    def start(words: tuple[str, ...], stdin: int, stderr: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=environment)

    return in_container(start)


@pytest.mark.parametrize(
    ("make", "piped"),
    [
        *((make, False) for make in (plain, inserts, packed, custom, packed_custom, directory)),
        *((make, True) for make in (custom, tar, directory)),
    ],
)
def test_a_dump_of_any_format_makes_the_same_schema_and_rows_again(
    make: Callable[[Path, str, Path], Path],
    piped: bool,
    original: str,
    server: TempServer,
    programs: Path,
    convert: Converter,
    tmp_path: Path,
    postgres_server: embedded.Server,
) -> None:
    path = make(programs, original, tmp_path)
    restored = restore(server, server.database, path, through_a_pipe(programs) if piped else convert)
    before, after = state(original), state(postgres_server.url(server.database))
    assert restored.statements > 50
    assert compare(after[0], before[0]) == ()
    assert compare_contents(before[1], after[1]) == ()
    with server.connect() as connection:
        owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'audit')"
        assert connection.execute(owners).fetchall() == [(OWNER,)]


def script(folder: Path, text: str) -> Path:
    path = folder / "dump.sql"
    path.write_text(text)
    return path


def test_a_dump_that_would_lead_elsewhere_is_refused_before_anything_runs(
    server: TempServer, convert: Converter, tmp_path: Path
) -> None:
    path = script(tmp_path, "CREATE TABLE a (b integer);\n\\connect postgres\nDROP DATABASE shop;\n")
    with pytest.raises(CannotProceed) as caught:
        restore(server, server.database, path, convert)
    assert caught.value.reasons == (
        (
            f"The dump {path} was not restored: it would leave the scratch database by `\\connect` in line 2,"
            " `DROP DATABASE` in line 3."
        ),
    )
    with server.connect() as connection:
        assert connection.execute("SELECT to_regclass('a')").fetchall() == [(None,)]


def test_owners_roles_and_rights_are_left_out_and_counted(
    server: TempServer, convert: Converter, tmp_path: Path
) -> None:
    text = """
        SET no_such_setting_yet = 0; CREATE ROLE somebody; CREATE SCHEMA public; CREATE TABLE a (b integer);
        ALTER TABLE a OWNER TO somebody; GRANT ALL ON a TO somebody; COMMENT ON DATABASE x IS 'another token';
        SET SESSION AUTHORIZATION somebody; INSERT INTO a VALUES (1);
    """
    expected = {
        "ALTER … OWNER TO": 1,
        "COMMENT ON DATABASE": 1,
        "CREATE ROLE": 1,
        "CREATE SCHEMA public": 1,
        "GRANT": 1,
        "SET SESSION AUTHORIZATION": 1,
        "SET no_such_setting_yet =": 1,
    }
    assert restore(server, server.database, script(tmp_path, text), convert) == Restored(4, expected)


def test_what_fails_is_told_with_its_line_and_the_rest_is_done(
    server: TempServer, convert: Converter, tmp_path: Path
) -> None:
    path = script(
        tmp_path,
        "CREATE TABLE a (b integer);\nINSERT INTO nothing VALUES (1);\nCOPY nothing FROM stdin;\n1\n2\n\\.\n"
        "COPY a FROM stdin;\n1\nx\n\\.\nCOPY a FROM stdin;\n7\n\\.\n",
    )
    with pytest.raises(CannotProceed) as caught:
        restore(server, server.database, path, convert)
    assert caught.value.reasons == (
        f"The dump {path} could not be restored: of its statements, 3 failed; the errors:",
        'Line 2, INSERT INTO nothing: relation "nothing" does not exist.',
        'Line 3, COPY nothing FROM: relation "nothing" does not exist.',
        'Line 7, COPY a FROM: invalid input syntax for type integer: "x".',
    )
    with server.connect() as connection:
        assert connection.execute("SELECT b FROM a").fetchall() == [(7,)]


def test_a_dump_runs_as_the_owner_who_may_run_no_programs(
    server: TempServer, convert: Converter, tmp_path: Path
) -> None:
    text = "DO $$ BEGIN EXECUTE $x$ COPY pg_class TO PROGRAM 'cat > /dev/null' $x$; END $$;"
    with pytest.raises(CannotProceed, match="COPY to or from an external program"):
        restore(server, server.database, script(tmp_path, text), convert)


def test_a_database_without_the_token_gets_nothing(
    server: TempServer, original: str, convert: Converter, tmp_path: Path
) -> None:
    with pytest.raises(WrongDatabase):
        restore(server, original.rpartition("/")[2], script(tmp_path, "CREATE TABLE a (b integer);"), convert)


def test_an_archive_that_pg_restore_cannot_read_is_told_in_its_words(
    server: TempServer, convert: Converter, tmp_path: Path
) -> None:
    path = tmp_path / "dump"
    path.write_bytes(b"PGDMP\x09\x09\x00" + bytes(100))
    with pytest.raises(CannotProceed) as caught:
        restore(server, server.database, path, convert)
    assert caught.value.reasons[0] == f"The dump {path} cannot be read by pg_restore (exit code 1)."
    assert "unsupported version (9.9)" in caught.value.reasons[1]


def test_without_pg_restore_an_archive_is_refused_and_a_plain_dump_is_not(server: TempServer, tmp_path: Path) -> None:
    convert = by_program(shutil.which("no such program") or "", {})
    path = tmp_path / "dump"
    path.write_bytes(b"PGDMP")
    with pytest.raises(CannotProceed, match="There is no `pg_restore` on this machine"):
        restore(server, server.database, path, convert)
    assert restore(server, server.database, script(tmp_path, "CREATE TABLE a ();"), convert) == Restored(1)
