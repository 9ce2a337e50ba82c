"""The project's own files: nothing changed but new revision files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migrations_tools.discovery.project import Project
from migrations_tools.files import sha256
from migrations_tools.proofs.proof import Proof, judged

FILES = "The Compose files and the existing revision files keep their bytes"


def hashes_of(root: Path, project: Project) -> dict[str, str]:
    """Return the sha256 of the Compose files, the Alembic configuration and every revision file that exists."""
    revisions = [path for folder in project.versions for path in sorted(folder.rglob("*.py"))]
    paths = (*project.compose.files, *filter(None, [project.alembic.config]), *revisions)
    return {str(path.relative_to(root)) if root in path.parents else str(path): sha256(path) for path in paths}


def files_unchanged(hashes: Mapping[str, str], root: Path) -> Proof:
    """Prove by sha256 that the files of the project that must not change did not."""
    changed = [name for name, was in sorted(hashes.items()) if sha256(root / name) != was]
    problems = [f"{name} is not what it was when the run began" for name in changed]
    return judged(FILES, problems, f"{len(hashes)} files, same sha256")
