"""The `migrations-tools` program: the same tasks as with `invoke`, in any project, with or without a `tasks.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

from invoke import Exit, Program

from migrations_tools import __version__, settings

NAME = "migrations-tools"


class ProjectProgram(Program):
    """Invoke's program for a fixed collection, with the configuration of the project that it is run in.

    Invoke looks for a project's `invoke.yaml` beside the `tasks.py` that it loads; given a collection, it loads none.
    """

    def parse_collection(self) -> None:
        """Take the collection, and load the project's configuration at the moment at which Invoke would."""
        super().parse_collection()
        self.config.set_project_location(settings.find_root(Path.cwd()))
        self.config.load_project()


def main() -> NoReturn:
    """Run the tasks that the command line names; ends with their exit code."""
    try:
        from migrations_tools.tasks import ns
    except Exit as error:
        # The tasks look at the settings' files when they are imported: before any of them could report a mistake.
        sys.stderr.write(f"{error.message}\n")
        sys.exit(error.code)
    ProjectProgram(version=__version__, namespace=ns, name=NAME, binary=NAME, binary_names=[NAME]).run()
    sys.exit(0)
