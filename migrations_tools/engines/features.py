"""What a Compose program can do, found out by trying it on small files; no engine is asked.

Version numbers do not tell: distributions build old versions with newer parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrations_tools.engines.docker import Docker
from migrations_tools.errors import CommandFailed

# They come with the tool: a run that is killed while it tries leaves nothing.
_TRIALS = Path(__file__).resolve().parent / "trials"


@dataclass(frozen=True, slots=True)
class Features:
    """Which of the merge tags a Compose obeys, and what it said when it could not read a file with them.

    `!override` is obeyed from 2.24.4 on and ignored without a word before, `!reset` from 2.18 on.
    """

    override: bool
    reset: bool
    said: tuple[str, ...] = ()

    def words(self) -> str:
        """Return what follows for a copy."""
        if self.override:
            return "obeyed"
        return "not obeyed: the copy is written as one whole file" if self.reset else "not obeyed: too old"


def features(docker: Docker) -> Features:
    """Try the tags; `!reset` only where `!override` is not obeyed."""
    override, said = _published(docker, "override.yaml")
    if override == ["2"]:
        return Features(override=True, reset=True)
    reset, said_then = _published(docker, "reset.yaml")
    return Features(override=False, reset=reset == [], said=tuple(dict.fromkeys((*said, *said_then))))


def _published(docker: Docker, tagged: str) -> tuple[list[str] | None, tuple[str, ...]]:
    """Return the ports that are published with a tagged file on top; None, and Compose's words, when it fails."""
    files = ("--file", str(_TRIALS / "base.yaml"), "--file", str(_TRIALS / tagged))
    options = ("--project-name", "probe", "--project-directory", str(_TRIALS), *files)
    try:
        config = docker.query_json("compose", *options, "config", "--format", "json")
    except CommandFailed as error:
        return None, tuple(error.output.splitlines()) or error.reasons
    service = config["services"]["a"]
    return [str(port["published"]) for port in service.get("ports") or []], ()
