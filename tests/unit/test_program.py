"""The `migrations-tools` program: whole commands in projects on disk, beside the same commands with `invoke`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import migrations_tools
from migrations_tools import ns

ROOT = Path(__file__).parents[2]
WITH_PROGRAM = "migrations_tools"
WITH_INVOKE = "invoke"
BOTH = pytest.mark.parametrize("program", [WITH_PROGRAM, WITH_INVOKE])

# A setting that is refused shows in the error: that tells which place it was taken from.
REFUSED = (
    "ERROR: `migrations_tools.suffix` must be _ or - and then words of a-z and 0-9, 16 signs at most, as `_temp` is,"
    " not '{}'."
)


def _run(
    program: str, *arguments: str, cwd: Path, variables: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("INVOKE_", "COMPOSE_"))}
    environment = {**kept, "HOME": str(ROOT.root), "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def _suffix_in(done: subprocess.CompletedProcess[str]) -> str:
    """Return the suffix that was refused, so the one that the tasks saw."""
    before, after = REFUSED.split("{}")
    line = done.stderr.splitlines()[0]
    assert (done.returncode, line.startswith(before), line.endswith(after)) == (2, True, True), done
    return line.removeprefix(before).removesuffix(after)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text("from migrations_tools import ns\n")
    (tmp_path / "invoke.yaml").write_text("migrations_tools: {suffix: FROM_PROJECT}\n")
    (tmp_path / "src" / "deep").mkdir(parents=True)
    return tmp_path


def test_all_tasks_are_there_without_a_tasks_file(tmp_path: Path) -> None:
    done = _run(WITH_PROGRAM, "--list", cwd=tmp_path)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[2:-1]] == sorted(ns.task_names)
    assert list(tmp_path.iterdir()) == []


def test_it_says_its_name_and_version(tmp_path: Path) -> None:
    assert _run(WITH_PROGRAM, "--version", cwd=tmp_path).stdout == f"migrations-tools {migrations_tools.__version__}\n"


def test_it_calls_itself_by_its_name_in_the_help_however_it_was_started(tmp_path: Path) -> None:
    assert _run(WITH_PROGRAM, "--help", cwd=tmp_path).stdout.startswith("Usage: migrations-tools [--core-opts] ")


@BOTH
@pytest.mark.parametrize("folder", ["", "src/deep"])
def test_the_projects_configuration_is_read_from_its_root(project: Path, program: str, folder: str) -> None:
    assert _suffix_in(_run(program, "status", cwd=project / folder)) == "FROM_PROJECT"


def test_the_projects_configuration_is_read_where_there_is_no_tasks_file(project: Path) -> None:
    (project / "tasks.py").unlink()
    assert _suffix_in(_run(WITH_PROGRAM, "status", cwd=project / "src")) == "FROM_PROJECT"


def test_a_table_in_pyproject_is_a_project_too(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.migrations_tools]\nsuffix = "FROM_PYPROJECT"\n')
    (tmp_path / "src").mkdir()
    assert _suffix_in(_run(WITH_PROGRAM, "status", cwd=tmp_path / "src")) == "FROM_PYPROJECT"


@BOTH
def test_the_projects_file_wins_over_pyproject(project: Path, program: str) -> None:
    (project / "pyproject.toml").write_text('[tool.migrations_tools]\nsuffix = "FROM_PYPROJECT"\n')
    assert _suffix_in(_run(program, "status", cwd=project)) == "FROM_PROJECT"


@BOTH
def test_the_environment_wins_over_the_projects_file(project: Path, program: str) -> None:
    variables = {"INVOKE_MIGRATIONS_TOOLS_SUFFIX": "FROM_ENVIRONMENT"}
    assert _suffix_in(_run(program, "status", cwd=project, variables=variables)) == "FROM_ENVIRONMENT"


@BOTH
def test_a_file_that_is_named_wins_over_both(project: Path, program: str) -> None:
    (project / "other.yaml").write_text("migrations_tools: {suffix: FROM_NAMED_FILE}\n")
    variables = {"INVOKE_MIGRATIONS_TOOLS_SUFFIX": "FROM_ENVIRONMENT"}
    done = _run(program, "-f", "other.yaml", "status", cwd=project, variables=variables)
    assert _suffix_in(done) == "FROM_NAMED_FILE"


@BOTH
def test_tasks_in_a_chain_run_in_order_until_one_fails(tmp_path: Path, program: str) -> None:
    (tmp_path / "tasks.py").write_text("from migrations_tools import ns\n")
    done = _run(program, "status", "generate", "validate", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout.startswith("No temp stack stands.")
    assert "`invoke generate` needs the temp stack" in done.stderr
    assert "validate" not in done.stderr


@BOTH
def test_a_task_that_is_not_there_is_a_mistake_in_the_request(project: Path, program: str) -> None:
    done = _run(program, "isolte", cwd=project)
    assert (done.returncode, done.stderr.strip()) == (1, "No idea what 'isolte' is!")


def test_a_pyproject_that_cannot_be_read_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.migrations_tools\n")
    done = _run(WITH_PROGRAM, "--list", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"ERROR: {tmp_path / 'pyproject.toml'} is not valid TOML: ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_completes_the_programs_own_name(tmp_path: Path, shell: str) -> None:
    script = _run(WITH_PROGRAM, "--print-completion-script", shell, cwd=tmp_path).stdout
    assert re.search(r"\bmigrations-tools (\S+ )?--complete -- ", script), script
    assert not re.search(r"\binv(oke)? (\S+ )?--complete", script)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param("migrations-tools va", ["validate"], id="a task"),
        pytest.param("migrations-tools generate --me", ["--message"], id="an option of a task"),
    ],
)
def test_bash_completes_tasks_and_options(tmp_path: Path, words: str, offered: list[str]) -> None:
    program = tmp_path / "migrations-tools"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m migrations_tools "$@"\n')
    program.chmod(0o755)
    script = _run(WITH_PROGRAM, "--print-completion-script", "bash", cwd=tmp_path).stdout
    last = words.rpartition(" ")[2]
    press_tab = f'COMP_WORDS=({words})\n_complete_migrations-tools x {last}\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        ["bash", "-c", script + press_tab],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        timeout=60,
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.stdout.split() == offered


OWN = {"migrations_tools" + name for name in ("", ".errors", ".settings", ".setting_sources", ".tasks", ".program")}
CHEAP = {"gc", "__future__", "dataclasses", "difflib"}


def test_listing_the_tasks_imports_next_to_nothing_besides_invoke(tmp_path: Path) -> None:
    script = (
        "import sys, invoke; before = set(sys.modules); import migrations_tools.program, migrations_tools.tasks; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) - CHEAP == OWN
