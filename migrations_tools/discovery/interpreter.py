"""The project's own Python: the one that has its Alembic, its SQLAlchemy and its models.

Nothing is run here; whether the Python found can import what it must is asked by `engines/interpreter.py`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from migrations_tools.discovery.setting_hints import line_to_write
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import SECTION, read_toml

_FOLDERS = (".venv", "venv")
# The project's folder stays as it is: the lock file is obeyed, and no `.venv` is made or changed
# (https://docs.astral.sh/uv/reference/cli/#uv-run).
_UV_RUN = ("uv", "run", "--frozen", "--isolated", "python")
_CONDA_FOLDERS, _CONDA_FILES = (".conda", "env", "envs"), ("environment.yml", "environment.yaml")
_NEEDED = ("alembic", "sqlalchemy")
_THIS_TOOLS = "the Python that this tool runs in, which has Alembic"


@dataclass(frozen=True, slots=True)
class Manager:
    """A program that looks after a project's packages: by which files it is known, what runs Python and installs."""

    program: str
    files: tuple[str, ...]
    run: tuple[str, ...]
    install: str
    add: str = ""
    #: The table of pyproject.toml that is its own.
    table: str = ""
    file: str = ""

    def found_in(self, folder: Path) -> Path | None:
        """Return the file in a folder that says that the project is this program's."""
        if found := next((folder / name for name in self.files if (folder / name).is_file()), None):
            return found
        project = folder / "pyproject.toml"
        has_table = self.table and project.is_file() and self.table in read_toml(project).get("tool", {})
        return project if has_table else None


_MANAGERS = (
    Manager("uv", ("uv.lock",), _UV_RUN, "uv sync", "uv add"),
    Manager("poetry", ("poetry.lock",), ("poetry", "run", "python"), "poetry install", "poetry add", "poetry"),
    Manager("pdm", ("pdm.lock",), ("pdm", "run", "python"), "pdm install", "pdm add", "pdm"),
    Manager("pipenv", ("Pipfile",), ("pipenv", "run", "python"), "pipenv install"),
    Manager("pixi", ("pixi.lock", "pixi.toml"), ("pixi", "run", "python"), "pixi install", table="pixi"),
    Manager("conda", _CONDA_FILES, (), "conda env create -f environment.yml"),
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The words that start the project's Python, and in one line why it is this one."""

    command: tuple[str, ...]
    source: str

    @property
    def is_this_tools(self) -> bool:
        """Return whether it is the Python that this tool runs in, for the project has none of its own."""
        return self.source == _THIS_TOOLS

    @property
    def is_run(self) -> bool:
        """Return whether a program prepares the project's environment for it: `uv run`, `poetry run`."""
        return self.command[1:2] == ("run",)

    def program(self, name: str) -> tuple[str, ...]:
        """Return the words that start a program (uvicorn, say) of the project's environment."""
        if name in ("python", "python3"):
            return self.command
        if self.is_run:
            return (*self.command[:-1], name)
        beside = Path(self.command[0]).parent / name
        return (str(beside) if beside.is_file() else name,)

    def environment(self, outer: Mapping[str, str]) -> dict[str, str]:
        """Return the variables to run it with: its own programs (uvicorn, …) first on PATH, no other Python's."""
        variables = {key: value for key, value in outer.items() if key not in ("PYTHONHOME", "__PYVENV_LAUNCHER__")}
        if self.is_run:
            # Both would take an active environment for the project's, and this one is not it.
            return {key: value for key, value in variables.items() if key != "VIRTUAL_ENV"}
        folder = Path(self.command[0]).parent
        if len(self.command) > 1 or not folder.is_absolute():
            return variables
        variables["PATH"] = os.pathsep.join([str(folder), *filter(None, [variables.get("PATH")])])
        if (folder.parent / "pyvenv.cfg").is_file():
            return {**variables, "VIRTUAL_ENV": str(folder.parent)}
        variables.pop("VIRTUAL_ENV", None)
        return variables


def find(root: Path, alembic_config: Path, setting: str, environment: Mapping[str, str]) -> Interpreter:
    """Return the project's Python.

    The setting `python`; else the active virtual environment; else `.venv` or `venv` beside the Alembic
    configuration, or further up to the root, likewise of PDM, pixi and conda; else the program that looks after the
    project's packages (uv, Poetry, PDM, Pipenv, pixi) runs it; else this tool's own Python when it can import Alembic,
    which `is_this_tools` says. An active environment that is this tool's own comes last but one: a project
    that has an environment of its own means that one.

    Raises CannotProceed, with the line to write, when the setting names nothing or none is found.
    """
    if setting:
        return Interpreter(_set(root, setting, environment), f"the setting `python` ({setting})")
    folders = tuple(upwards(alembic_config.parent, root))
    active = _active(environment)
    own = active is not None and _is_this_tools(active.command[0])
    found: tuple[Callable[[], Interpreter | None], ...] = (
        lambda: None if own else active,
        lambda: _beside(folders, environment),
        lambda: _conda(folders, environment),
        lambda: _run_by_its_manager(folders, environment),
    )
    for look in found:
        if interpreter := look():
            return interpreter
    dangling, manager = _dangling(folders), manager_of(folders)
    if not dangling and _has_alembic():
        return active or _this_tools()
    sentence = dangling or (
        f"No Python of the project was found: no virtual environment is active, none is in {alembic_config.parent}"
        f" or further up to {root}, and the Python of this tool has no Alembic."
    )
    run = [f"Run `{manager.install}`, for {manager.file}."] if manager else []
    raise CannotProceed([sentence, *run, line_to_write("python", "path/to/python")])


def upwards(start: Path, root: Path) -> Iterator[Path]:
    """Yield a folder and those above it up to the root; the folder alone where the root is not above it."""
    yield start
    if start != root and root in start.parents:
        yield from upwards(start.parent, root)


def _set(root: Path, setting: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    whole = root / Path(setting).expanduser()
    first, *rest = [str(whole)] if whole.is_file() or _python_in(whole) else _words(setting)
    path = root / Path(first).expanduser()
    program = _python_in(path) if path.is_dir() else path
    if program and program.is_file() and "/" in first:
        return (str(program), *rest)
    on_path = shutil.which(first, path=environment.get("PATH", os.defpath)) if "/" not in first else None
    if not on_path:
        raise CannotProceed(
            f"The setting `{SECTION}.python` is {setting!r}, and {first!r} is neither a file, nor a virtual"
            " environment, nor a program on PATH."
        )
    return (on_path, *rest)


def _words(setting: str) -> list[str]:
    try:
        return shlex.split(setting) or [""]
    except ValueError as error:
        raise CannotProceed(f"The setting `{SECTION}.python` is {setting!r}, which cannot be read: {error}.") from error


def _python_in(folder: Path) -> Path | None:
    # Never resolved: a virtual environment is told by the path that its Python is started by.
    names = (folder / "bin" / "python", folder / "bin" / "python3", folder / "Scripts" / "python.exe")
    return next((name.absolute() for name in names if name.is_file()), None)


def _active(environment: Mapping[str, str]) -> Interpreter | None:
    folder = environment.get("VIRTUAL_ENV", "")
    python = _python_in(Path(folder)) if folder else None
    return Interpreter((str(python),), f"the active virtual environment {folder}") if python else None


def _is_this_tools(python: str) -> bool:
    return Path(python).parent.resolve().parent == Path(sys.prefix).resolve()


def _beside(folders: tuple[Path, ...], environment: Mapping[str, str]) -> Interpreter | None:
    named = environment.get("UV_PROJECT_ENVIRONMENT", "")
    for folder in folders:
        if (pdm := folder / ".pdm-python").is_file():
            told = Path(pdm.read_text(encoding="utf-8").strip())
            if told.is_absolute() and told.is_file():
                return Interpreter((str(told),), f"the Python that {pdm} names")
        for name in (*_FOLDERS, ".pixi/envs/default", *([named] if named and (folder / "uv.lock").is_file() else [])):
            if python := _python_in(folder / name):
                return Interpreter((str(python),), f"the virtual environment {folder / name}")
    return None


def _conda(folders: tuple[Path, ...], environment: Mapping[str, str]) -> Interpreter | None:
    """Return conda's active environment; else one in the project's folder, or the one that its file names."""
    prefix = environment.get("CONDA_PREFIX", "")
    active = bool(prefix) and environment.get("CONDA_DEFAULT_ENV") != "base"
    if active and (python := _python_in(Path(prefix))):
        return Interpreter((str(python),), f"the active conda environment {prefix}")
    for folder in folders:
        names = [folder / name for name in _CONDA_FOLDERS]
        if named := _named_by(folder):
            names += [root / "envs" / named for root in _conda_roots(environment)]
        for each in names:
            if (each / "conda-meta").is_dir() and (python := _python_in(each)):
                return Interpreter((str(python),), f"the conda environment {each}")
    return None


def _named_by(folder: Path) -> str:
    """Return the name of the environment that a folder's file for conda names."""
    file = next((folder / name for name in _CONDA_FILES if (folder / name).is_file()), None)
    found = re.search(r"^name:\s*['\"]?([\w.-]+)", file.read_text(encoding="utf-8"), re.MULTILINE) if file else None
    return found[1] if found else ""


def _conda_roots(environment: Mapping[str, str]) -> list[Path]:
    roots = [Path(environment[name]).parent.parent for name in ("CONDA_EXE", "MAMBA_EXE") if environment.get(name)]
    return [*roots, *(Path(environment[name]) for name in ("MAMBA_ROOT_PREFIX",) if environment.get(name))]


def _run_by_its_manager(folders: tuple[Path, ...], environment: Mapping[str, str]) -> Interpreter | None:
    """Return the Python that the program runs which looks after the project's packages, where it is installed."""
    manager = manager_of(folders)
    if manager and manager.run and shutil.which(manager.program, path=environment.get("PATH", "")):
        return Interpreter(manager.run, f"`{manager.program} run`, for {manager.file}")
    return None


def manager_of(folders: Iterable[Path]) -> Manager | None:
    """Return what looks after the project's packages, by the nearest file of one."""
    for folder in folders:
        for manager in _MANAGERS:
            if file := manager.found_in(folder):
                # A file of another usual name is named in the command as well.
                named = manager.install.replace(manager.files[0], file.name)
                return replace(manager, file=str(file), install=named)
    return None


def _dangling(folders: tuple[Path, ...]) -> str:
    """Return what is wrong with a virtual environment whose Python is gone; empty where there is none such."""
    for folder in folders:
        for name in _FOLDERS:
            python = folder / name / "bin" / "python"
            if python.is_symlink() and not python.exists():
                gone = f"its Python was {python.resolve()}, which is gone"
                return f"The virtual environment {folder / name} is broken: {gone}."
    return ""


def _has_alembic() -> bool:
    spec = importlib.util.find_spec("alembic")
    return bool(spec and spec.origin)  # without one it is a folder of that name: somebody's migrations


def _this_tools() -> Interpreter:
    return Interpreter((sys.executable,), _THIS_TOOLS)


def mending_command(interpreter: Interpreter, folder: Path, root: Path, module: str = "") -> str:
    """Return the command that installs what the project asks for, by what is in its folders; it is only shown.

    `module` is the name that could not be imported, Alembic's or SQLAlchemy's when empty.
    """
    python = shlex.join(interpreter.command)
    wanted = _NEEDED if module in ("", *_NEEDED) else (module,)
    for each in upwards(folder, root):
        if manager := manager_of([each]):
            lacks = manager.add and not _locks(each / manager.files[0], wanted)
            return f"{manager.add} {' '.join(wanted)}" if lacks else manager.install
        for name in ("requirements.txt", "requirements/base.txt", "requirements-dev.txt"):
            if (each / name).is_file():
                return f"{python} -m pip install -r {each / name}"
        if _says_what_it_needs(each):
            return f"{python} -m pip install -e {each}"
    return f"{python} -m pip install {' '.join(_PACKAGES.get(name, name) for name in wanted)}"


def _says_what_it_needs(folder: Path) -> bool:
    toml, old = folder / "pyproject.toml", (folder / "setup.cfg", folder / "setup.py")
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in old if path.is_file())
    return (toml.is_file() and "project" in read_toml(toml)) or any("install_requires" in text for text in texts)


# Packages that are called otherwise than what they bring.
_PACKAGES = {"dateutil": "python-dateutil", "dotenv": "python-dotenv", "jwt": "PyJWT", "yaml": "PyYAML"}


def _locks(lock: Path, modules: tuple[str, ...]) -> bool:
    """Return whether a lock file holds the packages; of other modules than our own needs, the package is not known."""
    if modules != _NEEDED or not lock.is_file():
        return True
    text = lock.read_text(encoding="utf-8")
    return all(f'name = "{name}"' in text for name in modules)
