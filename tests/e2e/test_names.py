"""Names are data on a real engine: folders, services, networks, databases, users, passwords; and what is no name."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.minimal_stack import MinimalStack, Names, make_minimal_stack
from tests.support import docker

pytestmark = pytest.mark.docker

_PREFIXES = ("oddstall",)
_FOLDER = 'it\'s a "$HOME" [red]stall; `id` ${X}\n\\n $$ 100%'
_NAMES = Names(
    application="-v",
    migrations="--help",
    user="--neil @:/?#%s; & co",  # without quotes, dollars, backslashes: PostgreSQL's own initdb takes none
    password=f"{string.punctuation} ñ",
    database="host=127.0.0.1 dbname='x\" \\; $(touch /tmp/never)",
    network="a net; rm -rf ~",
)


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[MinimalStack]:
    """Yield a project in which no name is only a name."""
    minimal_stack = make_minimal_stack(tmp_path / _FOLDER, "oddstall", 24000, _NAMES)
    yield minimal_stack
    done = minimal_stack.invoke("cleanup")
    assert done.code == 0, str(done)


def test_the_whole_job_works_where_no_name_is_only_a_name(odd: MinimalStack, tmp_path: Path) -> None:
    before = docker.engine(_PREFIXES)
    done = odd.invoke("isolate", "generate", "validate")
    assert done.code == 0, str(done)
    assert "The fresh install works" in done.out
    assert _NAMES.password not in done.text
    assert [name.endswith("_add_email_logs.py") for name in odd.new_files()] == [True]
    made = {tuple(thing) for thing in odd.journal()["made"]}
    assert {("container", "oddstall_--help_temp"), ("container", "oddstall_-v_temp")} <= made
    asked = odd.invoke("psql", "--command", "SELECT current_database() || ' of ' || current_user")
    assert f"{_NAMES.database} of {_NAMES.user}" in asked.out, str(asked)
    for path in _dumps(odd, tmp_path):
        restored = odd.run_python("-m", "tests.support.restoring", str(path))
        assert restored.code == 0, str(restored)
        assert json.loads(restored.out.rpartition("restored ")[2])["rows"] == {"dumped": 7}
    done = odd.invoke("cleanup")
    assert done.code == 0, str(done)
    assert docker.lasting_differences(before, _PREFIXES) == []
    assert not Path("/tmp/never").exists()


def _dumps(minimal_stack: MinimalStack, folder: Path) -> list[Path]:
    """Dump a table that the temp server's own container makes, as an archive and as a folder."""
    services = minimal_stack.journal()["plan"]["services"]
    (container,) = (item["container_name"] for item in services if item["service"] == "db")
    run = ("exec", container, "psql", "-U", _NAMES.user, "-d", "postgres", "-c")
    docker.docker(*run, "CREATE TABLE dumped AS SELECT generate_series(1, 7) AS number")
    for format_ in ("custom", "directory"):
        place = f"/tmp/dump-{format_}"
        words = ("pg_dump", "-U", _NAMES.user, "--format", format_, "--file", place, "--table", "dumped", "postgres")
        docker.docker("exec", container, *words)
        docker.docker("cp", f"{container}:{place}", str(folder / format_))
    docker.docker(*run, "DROP TABLE dumped")
    return [folder / "custom", folder / "directory"]


@pytest.mark.parametrize("name", ["x; rm -rf ~", "--volumes", "$(touch /tmp/never)"])
def test_a_project_name_that_is_none_is_refused_in_composes_own_words(tmp_path: Path, name: str) -> None:
    before = docker.engine(_PREFIXES)
    minimal_stack = make_minimal_stack(tmp_path / "stall", "oddstall", 24000)
    minimal_stack.configure(project_name=name)
    done = minimal_stack.invoke("isolate")
    assert done.code == 2, str(done)
    assert f'invalid project name "{name}"' in done.err
    assert minimal_stack.journal() == {}
    assert docker.lasting_differences(before, _PREFIXES) == []
    assert not Path("/tmp/never").exists()
