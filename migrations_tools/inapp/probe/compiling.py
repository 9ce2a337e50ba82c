"""Source files compiled once in a process: each request loads the history and env.py anew.

Where bytecode is kept beside them, that is read; images often have none, and the probe writes none into a project.
"""

from __future__ import annotations

import functools
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType


def install() -> None:
    """Have Python's own loader remember what it has compiled, by the file's path and its content."""
    own = SourceFileLoader.source_to_code
    kept: dict[str, tuple[bytes, CodeType]] = {}

    @functools.wraps(own)
    def compiled(self: SourceFileLoader, data: Any, path: Any, *arguments: Any, **options: Any) -> Any:
        if not isinstance(data, bytes):
            return own(self, data, path, *arguments, **options)
        before = kept.get(str(path))
        if before is None or before[0] != data:
            kept[str(path)] = before = (data, own(self, data, path, *arguments, **options))
        return before[1]

    SourceFileLoader.source_to_code = compiled  # type: ignore[method-assign, assignment]
