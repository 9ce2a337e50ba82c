"""What must keep its bytes while a run stands."""

from __future__ import annotations

from pathlib import Path

from migrations_tools.discovery.project import Project
from migrations_tools.files import sha256


def hashes_of(root: Path, project: Project) -> dict[str, str]:
    """Return the sha256 of the Compose files, the Alembic configuration and every revision file that exists."""
    revisions = [path for folder in project.versions for path in sorted(folder.rglob("*.py"))]
    paths = (*project.compose.files, *filter(None, [project.alembic.config]), *revisions)
    return {str(path.relative_to(root)) if root in path.parents else str(path): sha256(path) for path in paths}
