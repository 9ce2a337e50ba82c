"""What the review wants to know when something would be dropped: the base branch's models, the sources, the modules.

Each costs something, so that it is asked for only when there is a drop to judge; what cannot be had comes back with
the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migrations_tools.catalog import Catalog
from migrations_tools.discovery import source_mentions
from migrations_tools.discovery.project import Project
from migrations_tools.engines import git
from migrations_tools.errors import MigrationsToolsError
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.evidence import terms
from migrations_tools.review.context import BaseModels, Sources
from migrations_tools.trial.models_schema import models_of
from migrations_tools.trial.scratch import ScratchDatabases


class Surroundings:
    """What stands around a change; `look` looks at each thing once, by a probe of its own where models are imported."""

    def __init__(self, scratch: ScratchDatabases, before: Mapping[str, Catalog]) -> None:
        self._scratch = scratch
        self._before = before
        self._bases: dict[str, BaseModels] | None = None

    def lacks(self, found: Sequence[Operation]) -> bool:
        """Return whether operations want something that has not been looked at."""
        return any(item.is_drop for item in found) and self._bases is None

    def look(self, found: Sequence[Operation]) -> None:
        """Look at what operations want. env.py is run for it, so that it must not be running elsewhere."""
        if any(item.is_drop for item in found) and self._bases is None:
            self._bases = self._look_at_base()

    def base(self, database: str) -> BaseModels:
        """Return what the base branch's models make of a database."""
        return (self._bases or {}).get(database, BaseModels())

    def _look_at_base(self) -> dict[str, BaseModels]:
        databases, project = self._scratch.databases, self._scratch.sandbox.project
        try:
            commit, tree, inside = _tree(project, self._scratch.sandbox.session.settings.base_branch)
            schemas = self._schemas(tree, inside)
        except (git.Unavailable, MigrationsToolsError) as error:
            reason = error.reasons[0] if isinstance(error, MigrationsToolsError) else str(error)
            return {name: BaseModels(missing=reason.rstrip(".")) for name in databases}
        revisions = frozenset(name for folder in project.versions for name in git.names(folder, commit))
        return {name: BaseModels(commit.words(), schemas.get(name), revisions) for name in databases}

    def _schemas(self, tree: Mapping[str, str], inside: str) -> Mapping[str, Catalog]:
        with self._scratch.sandbox.open_probe("base") as probe:
            scratch = replace(self._scratch, probe=probe)
            return models_of(scratch, self._before, "branch", tree=tree, inside=inside).schemas

    def sources(self, operations: Sequence[Operation]) -> Sources:
        """Return where the project's sources name what the operations drop."""
        project, wanted = self._scratch.sandbox.project, terms(operations)
        if not wanted:
            return Sources()
        folders = project.build_contexts or (project.root,)
        try:
            places, searched = source_mentions.search(folders, project.versions, wanted)
        except OSError as error:
            return Sources(missing=f"{error.filename} cannot be read ({error.strerror})")
        missing = f"there are no source files in {', '.join(map(str, folders))}"
        return Sources({key: tuple(found) for key, found in places.items()}, searched, missing)


def _tree(project: Project, branch: str) -> tuple[git.Commit, dict[str, str], str]:
    """Return the base branch's commit, the application's files there, and the configuration's path among them.

    Raises Unavailable when there is nothing to compare with.
    """
    config = project.alembic.config
    if config is None or project.alembic.command:
        raise git.Unavailable("a command of the project's own starts Alembic, and imports the models as they are now")
    folder = _application_folder(project, config)
    commit = git.base_commit(folder, branch)
    if git.is_unchanged(folder, commit, project.versions):
        raise git.Unavailable(f"the models are the same in {commit.words()}")
    return commit, git.files(folder, commit), config.relative_to(folder).as_posix()


def _application_folder(project: Project, config: Path) -> Path:
    """Return the folder that the application's files lie in: the configuration's build context, or the root."""
    around = [path for path in (*project.build_contexts, project.root) if path in config.parents]
    return max(around, key=lambda path: len(path.parts), default=config.parent)
