"""Asks a project's Python whether it can import what the probe needs."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from migrations_tools.discovery.interpreter import Interpreter, mending_command
from migrations_tools.secrets import masked

# Not from the working directory: a folder of migrations is often called `alembic`, and would pass for the package.
_PATH = "import sys; sys.path = [path for path in sys.path if path]; "
_IMPORTS = f"{_PATH}import alembic, sqlalchemy"
# A folder without `__init__.py` has a spec, and no origin.
_FINDS = f"""{_PATH}
from importlib.util import find_spec
for name in ("alembic", "sqlalchemy"):
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named " + repr(name))
"""
_SECONDS = 120.0


def missing(
    interpreter: Interpreter,
    cwd: Path,
    root: Path | None = None,
    environment: Mapping[str, str] | None = None,
    thorough: bool = True,
) -> str:
    """Run the project's Python once and return what it lacks with the command that mends it; empty for nothing.

    `cwd` is the folder of the Alembic configuration, `root` the project's; the environment is this process's unless
    given. `uv run` may have to install first, so that the time is long. What is to be imported soon after need not be
    imported here: without `thorough` it is only found.
    """
    shown = shlex.join(interpreter.command)
    mend = f"To mend it: {mending_command(interpreter, cwd, root or cwd)}"
    variables = interpreter.environment(os.environ if environment is None else environment)
    try:
        done = subprocess.run(
            [*interpreter.command, "-c", _IMPORTS if thorough else _FINDS],
            cwd=cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
        )
    except OSError as error:
        return f"The project's Python ({shown}; {interpreter.source}) does not start: {error}. {mend}"
    except subprocess.TimeoutExpired:
        return f"The project's Python ({shown}; {interpreter.source}) gave no answer within {_SECONDS:.0f} seconds."
    if done.returncode == 0:
        return ""
    said = masked(next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no reason was given"))
    return f"The project's Python ({shown}; {interpreter.source}) cannot import what is needed: {said.strip()}. {mend}"
