"""Where a project's files have the address of a database written in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from migrations_tools.discovery.address_search import Destination

_KINDS = (".py", ".ini", ".cfg", ".toml", ".yaml", ".yml", ".json", ".env", ".conf")
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env", "dist", "build"})
_LARGEST, _MOST_FILES, _MOST_PLACES = 400_000, 20_000, 3


def places_of(root: Path, destination: Destination) -> tuple[str, ...]:
    """Return the lines, as `file:line` seen from the root, that hold a URL of this host and database."""
    if not destination.host or not destination.database:
        return ()
    host, database = re.escape(destination.host), re.escape(destination.database)
    url = re.compile(rf"postgres\w*(?:\+\w+)?://[^\s\"']*\b{host}(?::\d+)?/{database}\b")
    found: list[str] = []
    for path in _files(root):
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = (text.count("\n", 0, match.start()) + 1 for match in url.finditer(text))
        found += [f"{path.relative_to(root).as_posix()}:{line}" for line in lines]
        if len(found) >= _MOST_PLACES:
            break
    return tuple(found[:_MOST_PLACES])


def _files(root: Path) -> Iterator[Path]:
    count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(_KINDS) and path.is_file() and path.stat().st_size <= _LARGEST:
                count += 1
                if count > _MOST_FILES:
                    return
                yield path
