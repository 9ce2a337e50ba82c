"""An exception as plain values, with PostgreSQL's own fields where there are any."""

from __future__ import annotations

import os
import traceback
from typing import Any


def describe_error(error: BaseException) -> dict[str, str]:
    """Return an exception as plain values: PostgreSQL's own words, and the revision file that it came out of."""
    original = getattr(error, "orig", None) or error
    message, detail, hint, state = _server_fields(original)
    return {
        "type": type(error).__name__,
        "message": (message or str(original)).strip() or type(error).__name__,
        "module": getattr(error, "name", None) or "" if isinstance(error, ModuleNotFoundError) else "",
        "statement": str(getattr(error, "statement", None) or ""),
        "detail": detail or "",
        "hint": hint or "",
        "sqlstate": state or "",
        "traceback": traceback.format_exc(),
        **_revision(error),
    }


def _revision(error: BaseException) -> dict[str, str]:
    """Name the revision whose file stands in the traceback: a module that says what it descends from."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        given = frame.f_globals
        if "down_revision" in given and isinstance(given.get("revision"), str):
            file = os.path.basename(frame.f_code.co_filename)
            return {"revision": given["revision"], "revision_file": "%s:%d" % (file, line)}
    return {"revision": "", "revision_file": ""}


def _server_fields(original: BaseException) -> tuple[Any, Any, Any, Any]:
    """Return PostgreSQL's message, detail, hint and SQLSTATE as each driver keeps them."""
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:  # psycopg and psycopg2
        return diagnosis.message_primary, diagnosis.message_detail, diagnosis.message_hint, diagnosis.sqlstate
    if original.args and isinstance(original.args[0], dict):  # pg8000
        fields = original.args[0]
        return fields.get("M"), fields.get("D"), fields.get("H"), fields.get("C")
    cause = original.__cause__  # asyncpg
    if hasattr(cause, "sqlstate"):
        return tuple(getattr(cause, name, None) for name in ("message", "detail", "hint", "sqlstate"))  # type: ignore[return-value]
    return None, None, None, None
