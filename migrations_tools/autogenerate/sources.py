"""The project's own Python sources, as texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from migrations_tools.files import files_below

_LARGEST = 400_000


def sources_with(root: Path, word: str) -> dict[str, str]:
    """Return the Python files below a folder that have a word in them, by their path from there."""
    return {str(path.relative_to(root)): text for path in _python_files(root) if word in (text := _text(path))}


def _python_files(root: Path) -> Iterator[Path]:
    return (path for path in files_below(root) if path.suffix == ".py" and path.lstat().st_size < _LARGEST)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (PermissionError, FileNotFoundError):  # a broken link, a folder of another user's
        return ""
