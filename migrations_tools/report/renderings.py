"""The forms that a run's record is given in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from migrations_tools.report import junit, markdown, page, sarif

Render: TypeAlias = Callable[[Mapping[str, Any]], str]


def as_json(record: Mapping[str, Any]) -> str:
    """Return the record itself."""
    return json.dumps(record, indent=1, sort_keys=True) + "\n"


RENDERINGS: Final[Mapping[str, Render]] = {
    "json": as_json,
    "markdown": markdown.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "html": page.render,
}
# What a file's name says of its form.
SUFFIXES: Final[Mapping[str, str]] = {
    ".json": "json",
    ".md": "markdown",
    ".xml": "junit",
    ".sarif": "sarif",
    ".html": "html",
}
