"""What a service's Dockerfile says of its image: what it is made from, and what it runs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrations_tools.discovery.services import build_context

_INSTRUCTION = re.compile(r"^[ \t]*(?P<verb>FROM|CMD|ENTRYPOINT)[ \t]+(?P<words>.+)$", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(r"(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_SHELL = frozenset("&|;<>$`()")


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The stage that is built, with what it inherits: the image at its root, and the words that it runs."""

    path: Path | None = None
    base: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


def read_dockerfile(service: Mapping[str, Any]) -> Dockerfile:
    """Return what the Dockerfile of a service says; an empty one where there is none to be read here."""
    context, build = build_context(service), service.get("build") or {}
    path = context / str(build.get("dockerfile") or "Dockerfile").replace("$$", "$") if context else None
    inline = str(build.get("dockerfile_inline") or "").replace("$$", "$")
    if not inline and (path is None or not path.is_file()):
        return Dockerfile()
    text = inline or path.read_text(encoding="utf-8", errors="replace") if path else inline
    return replace(_stage(text, str(build.get("target") or "")), path=None if inline else path)


def _stage(text: str, target: str) -> Dockerfile:
    stages: dict[str, Dockerfile] = {}
    name, here = "", Dockerfile()
    for match in _INSTRUCTION.finditer(re.sub(r"\\\s*\n", " ", text)):
        verb, words = match["verb"].upper(), match["words"].strip()
        if verb == "FROM" and (source := _FROM.match(words)):
            stages[name] = here
            if target and name == target.lower():
                return here
            name = (source["name"] or "").lower()
            here = stages.get(source["image"].lower(), Dockerfile(base=source["image"]))
        elif verb == "ENTRYPOINT":
            here = replace(here, entrypoint=tuple(_words(words)))
        elif verb == "CMD":
            here = replace(here, command=tuple(_words(words)))
    return here


def _words(text: str) -> list[str]:
    """Read an instruction in either of its forms (Dockerfile reference, "Shell and exec form").

    A shell is used only where the text needs one: without it, the program is found in the project's own environment.
    """
    if text.lstrip().startswith("["):
        try:
            return [str(word) for word in json.loads(text)]
        except ValueError:
            return []
    if not any(char in _SHELL for char in text):
        # Quotes that do not end are the shell's to complain of.
        with suppress(ValueError):
            return shlex.split(text)
    return ["/bin/sh", "-c", text.strip()]
