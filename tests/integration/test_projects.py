"""Projects of every make: the whole job on each, without Docker, and what it prints held line by line.

A folder under `projects/` is a project as its users have it: `prepare.py` makes what their tools make for them,
`settings.json` is its `invoke.yaml`, `arguments.txt` the tasks, `expected.txt` what the user is told (`ACCEPT_CASES=1`
writes it; read the difference). Whatever happens, nothing but new revision files may be left.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from migrations_tools.journal import Journal
from tests.support import application
from tests.support.docker import Done
from tests.support.embedded import open_folder
from tests.support.local import LocalProject, path_without_docker

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")

FOLDER = Path(__file__).parent / "projects"
PROJECTS = sorted(path for path in FOLDER.iterdir() if path.is_dir())
NEEDS = {
    "flask_migrate": ("flask_migrate",),
    "enum_operations_of_an_extension": ("alembic_postgresql_enum",),
    "sqlmodel": ("sqlmodel",),
    "async_template": ("greenlet", "sqlalchemy.dialects.postgresql.psycopg"),
}
NEEDS_GIT = ("reviewed_by_hand",)
_TOLD = re.compile(
    r"[✔✘–✋✎]|! |i [A-Z]{2}\d\d |ERROR|TIP|Wrote|Section|Nothing|Engine|The fresh|The history|Reviewing|\d{4}_\w+\.py"
    r"|  (create|add|alter|drop|enum|import|In|warning:?|allowed:?) "
)
_TIMED = re.compile(r"\d s$")
_REVISION = re.compile(r"\b[0-9a-f]{12}(?:\b|(?=_))")
_DATED = re.compile(r"versions/\S*\.py")


@pytest.fixture(scope="module")
def no_docker() -> Iterator[dict[str, str]]:
    with path_without_docker() as path:
        yield {"PATH": path}


@pytest.mark.parametrize("source", PROJECTS, ids=lambda path: path.name)
def test_the_whole_job_on_a_project(source: Path, no_docker: Mapping[str, str]) -> None:
    for module in NEEDS.get(source.name, ()):
        if not application.has(module):
            pytest.skip(f"the application's Python has no {module}")
    if source.name in NEEDS_GIT and not shutil.which("git"):
        pytest.skip("there is no git")
    with open_folder() as folder:
        # Some folders are called so, and lists of folders (PATH, PYTHONPATH) are parted there.
        project = LocalProject(folder / "a:b" / source.name, no_docker)
        shutil.copytree(source, project.root, ignore=shutil.ignore_patterns("expected.txt", "__pycache__"))
        _prepare(project)
        before = project.contents()
        done = project.invoke(*_arguments(source), "cleanup")
        if done.code:  # then the chain ended before its last task
            cleaned = project.invoke("cleanup")
            assert cleaned.code == 0, str(cleaned)
        assert project.processes() == []
        assert _left(project) <= {"project.json", "temp", "temp/last-run.json"}
        changed = {name for name, was in before.items() if project.contents().get(name) != was}
        new = set(project.contents()) - set(before)
        assert changed == set()
        assert [name for name in new if "/versions/" not in name] == []
    _hold(source / "expected.txt", _told(done, project.root))


def _prepare(project: LocalProject) -> None:
    settings = project.root / "settings.json"
    text = settings.read_text() if settings.exists() else "{}"
    chosen = {"python": application.PYTHON, **json.loads(text)}
    (project.root / "invoke.yaml").write_text(json.dumps({"migrations_tools": chosen}))
    script = project.root / "prepare.py"
    if script.exists():
        subprocess.run([application.PYTHON, "prepare.py"], cwd=project.root, check=True, env=project.environment())
        script.unlink()


def _arguments(source: Path) -> list[str]:
    given = source / "arguments.txt"
    return (given.read_text() if given.exists() else "isolate generate validate").split()


def _left(project: LocalProject) -> set[str]:
    return {str(path.relative_to(project.tool_folder)) for path in project.tool_folder.rglob("*")}


def _told(done: Done, root: Path) -> str:
    """Return what the user is told, without what differs from run to run (revisions, paths, times) or with Alembic."""
    lines, marked, indent = [f"exit code {done.code}"], False, "    "
    for line in done.text.splitlines():
        detail = marked and line.startswith(indent)
        marked = detail or (_TOLD.match(line) is not None and not _TIMED.search(line))
        indent = indent if detail else "  " if line.startswith("ERROR") else "    "
        if marked and "cluster/database" not in line:
            lines.append(line)
    text = "\n".join(lines).replace(application.PYTHON, "<python>").replace("/./", "/") + "\n"
    text = re.sub(r"127.0.0.1:\d+", "127.0.0.1:<port>", re.sub(r"\d+ lines of", "<some> lines of", text))
    text = re.sub(r"revisions in \d+\.\d s", "revisions in <some> s", text)
    return _REVISION.sub(
        "<revision>",
        _DATED.sub(
            "versions/<file>",
            text.replace(str(Journal(root, "_temp").folder.parent), "<state>").replace(str(root), "<root>"),
        ),
    )


def _hold(path: Path, text: str) -> None:
    if os.environ.get("ACCEPT_CASES"):
        path.write_text(text)
    assert path.exists(), text
    assert text == path.read_text()
