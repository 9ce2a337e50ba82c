"""Settings as a task gets them: read by Invoke itself from a project's files and the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from invoke import Collection, Context, Task

from migrations_tools import setting_sources, settings
from migrations_tools.program import ProjectProgram


def loaded(project: Path, variables: Mapping[str, str] = {}) -> settings.Settings:
    """Return the settings of a project, by the way of `migrations-tools`. Raises CannotProceed as a task would."""
    seen: list[settings.Settings] = []

    def look(context: Context) -> None:
        seen.append(settings.load(context.config[settings.SECTION]))

    with _standing_in(project, variables):
        tasks = Collection(Task(look, name="look"))
        tasks.configure(setting_sources.defaults(settings.find_root(project), os.environ))
        ProjectProgram(namespace=tasks).run(["migrations-tools", "look"], exit=False)
    (found,) = seen
    return found


@contextmanager
def _standing_in(project: Path, variables: Mapping[str, str]) -> Iterator[None]:
    before = Path.cwd()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INVOKE_")}
    with mock.patch.dict(os.environ, {**kept, "HOME": str(project / "no-home"), **variables}, clear=True):
        os.chdir(project)
        try:
            yield
        finally:
            os.chdir(before)
