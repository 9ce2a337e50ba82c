"""Whether the revision files are Python at all, found out before anything is built or started."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

# What a newer Python of the application may read and this one not: quotes inside the braces of an f-string.
_MAY_BE_NEWER = "f-string" if sys.version_info < (3, 12) else None


def syntax_errors(versions: Iterable[Path]) -> list[str]:
    """Return a sentence for each revision file that cannot be read as Python, with its line."""
    files = (path for folder in versions if folder.is_dir() for path in sorted(folder.glob("*.py")))
    return [sentence for path in files if (sentence := _syntax_error(path))]


def _syntax_error(path: Path) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(path.read_bytes(), str(path), "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        if _MAY_BE_NEWER and _MAY_BE_NEWER in said:
            return ""
        line = f" in line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        return f"The revision file {path} has a syntax error{line}: {said}. Alembic cannot read the history with it."
    return ""
