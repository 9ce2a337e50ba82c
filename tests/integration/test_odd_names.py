"""The whole job without containers where every name tries to be more than a name; and several runs side by side."""

from __future__ import annotations

import json
import os
import shutil
import string
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.docker import Done
from tests.support.local import TABLES, LocalProject, local_project, names, path_without_docker

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")

# Without a percent sign: Alembic itself does not read its configuration in such a folder.
# No control character: Compose 5 takes the path of a file for a URL when it validates it, and refuses one.
FOLDER = 'it\'s a "$HOME" [red]shop; `id` ${X} {here}\\n [b]'
USER, PASSWORD = 'o\'neil "x" $$ %s', f"{string.punctuation} ñ"
# SQLAlchemy decodes the name of a database in a URL from 2.1 on only: what stands in it must not need that.
DATABASE = "Shop-1.x_ÿ"


@pytest.fixture(scope="module")
def no_docker() -> Iterator[dict[str, str]]:
    with path_without_docker() as path:
        yield {"PATH": path}


@contextmanager
def _odd_project(no_docker: Mapping[str, str]) -> Iterator[LocalProject]:
    with local_project("with_compose", no_docker, engine="embedded") as plain:
        root = plain.root.with_name(FOLDER)
        plain.root.rename(root)
        project = replace(plain, root=root)
        (root / "docker-compose.yml").write_text(json.dumps(_compose()))
        project.configure(engine="embedded", application_service="-v", database_service="--help", health_path="/health")
        try:
            yield project
        finally:
            project.invoke("cleanup")


def _compose() -> dict[str, object]:
    access = {"POSTGRES_USER": USER, "POSTGRES_PASSWORD": PASSWORD, "POSTGRES_DB": DATABASE}
    login = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
    url = {"DATABASE_URL": f"postgresql+psycopg://{login}@--help:5432/{DATABASE}"}
    words = ["python", "app.py", "--port", "8000", "a b", "'\"$$(touch /tmp/never)\"'"]
    return {
        "name": "shop",
        "services": {
            "--help": {"image": "postgres:16", "environment": _doubled(access)},
            "-v": {"build": ".", "command": words, "ports": ["8000:8000"], "environment": _doubled(url)},
        },
    }


def _doubled(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value.replace("$", "$$") for key, value in values.items()}


def test_the_whole_job_works_where_no_name_is_only_a_name(no_docker: dict[str, str]) -> None:
    with _odd_project(no_docker) as project:
        project.secrets.append(PASSWORD)
        before = project.contents()
        done = project.invoke("isolate", "generate")
        assert done.code == 0, str(done)
        assert names(project.cluster_url(DATABASE), "SELECT current_database()") == {DATABASE}
        assert f"user {USER}" in done.out
        done = project.invoke("validate")
        assert done.code == 0, str(done)
        assert "The fresh install works" in done.out
        assert names(project.cluster_url(DATABASE), TABLES) >= {"users", "email_logs"}
        if shutil.which("psql"):
            asked = project.invoke("psql", "--command", "SELECT current_user")
            assert USER in asked.out, str(asked)
        done = project.invoke("cleanup")
        assert done.code == 0, str(done)
        new = set(project.contents()) - set(before)
        assert [Path(path).parent.as_posix() for path in new] == ["migrations/versions"]
        assert project.tool_files() == ["project.json", "temp", "temp/last-run.json"]
        assert project.processes() == []
        assert project.leaks == []
    assert not Path("/tmp/never").exists()


@pytest.mark.parametrize("name", ["x; rm -rf ~ $(touch /tmp/never)", "--help [red]x[/red]"])
def test_a_project_name_that_is_none_is_told_as_it_is(no_docker: dict[str, str], name: str) -> None:
    """Without containers, a stack that Compose cannot load is a warning."""
    with local_project("with_compose", no_docker, engine="embedded", project_name=name) as project:
        done = project.invoke("isolate")
        assert done.code == 0, str(done)
        assert f'invalid project name "{name}"' in done.out
        assert "Traceback" not in done.text
        assert project.invoke("cleanup").code == 0
        assert project.leaks == []
    assert not Path("/tmp/never").exists()


# --- side by side ----------------------------------------------------------------------------------------------------


def _start(project: LocalProject, suffix: str, *tasks: str) -> subprocess.Popen[str]:
    environment = project.environment(INVOKE_MIGRATIONS_TOOLS_SUFFIX=suffix)
    return subprocess.Popen(
        [sys.executable, "-m", "migrations_tools", *tasks],
        cwd=project.root,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _ended(process: subprocess.Popen[str]) -> Done:
    out, _ = process.communicate(timeout=120)
    return Done(str(process.args), process.returncode, out, "")


def test_one_project_twice_at_once_with_two_suffixes_never_meets(no_docker: dict[str, str]) -> None:
    with local_project("with_compose", no_docker, engine="embedded") as project:
        started = [_start(project, suffix, "isolate", "validate") for suffix in ("_left", "_right")]
        for done in map(_ended, started):
            # The fresh install fails for the missing table alone: nobody has generated its migration.
            assert "of 9 proofs failed" in done.out or "of 8 proofs failed" in done.out, str(done)
            assert "is still" not in done.out
        journals = [json.loads((project.tool_folder / name / "journal.json").read_text()) for name in ("left", "right")]
        clusters = [journal["plan"]["cluster"] for journal in journals]
        assert len({cluster["port"] for cluster in clusters}) == len({cluster["pid"] for cluster in clusters}) == 2
        done = _ended(_start(project, "_left", "cleanup"))
        assert done.code == 0, str(done)
        os.kill(clusters[1]["pid"], 0)  # the other one stands
        done = _ended(_start(project, "_right", "cleanup"))
        assert done.code == 0, str(done)
        assert project.processes() == []
        assert [path for path in project.tool_folder.rglob("*") if path.is_file() and path.suffix != ".json"] == []
