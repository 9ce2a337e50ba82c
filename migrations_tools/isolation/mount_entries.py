"""A folder that becomes read-only, mounted entry by entry, where something is mounted inside it at a missing place.

In a fresh clone `node_modules` or `.venv` does not exist yet, and the engine cannot make a place for a volume inside a
read-only mount. Made of single mounts, the folder itself lies in the container, where the engine can.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping

from migrations_tools.isolation.plan_values import Mount
from migrations_tools.isolation.resolved import within

# More mounts than this make a container slow to start; then the folder is refused as it was before.
_MOST = 300


def folders_to_list(source: str, points: Collection[str]) -> Iterator[str]:
    """Yield the folders from `source` down to the missing `points` inside it, whose entries planning wants to know."""
    for point in points:
        folder = posixpath.dirname(point)
        while within(folder, source):
            yield folder
            folder = posixpath.dirname(folder)


def entry_mounts(mount: Mount, points: Collection[str], folders: Mapping[str, tuple[str, ...]]) -> tuple[Mount, ...]:
    """Return the read-only mounts that make up a folder around the missing `points`; none where that cannot be done.

    `folders` has the names in each folder on the way to them.
    """
    if mount.source not in folders:
        return ()
    opened = {folder for point in points for folder in folders_to_list(mount.source, (point,)) if folder in folders}
    found = tuple(
        Mount(
            "bind",
            path,
            posixpath.join(mount.target, posixpath.relpath(path, mount.source)),
            True,
            "read-only",
            mount.source,
        )
        for folder in sorted(opened)
        for path in (posixpath.join(folder, name) for name in folders[folder])
        if path not in opened
    )
    return found if len(found) <= _MOST else ()
