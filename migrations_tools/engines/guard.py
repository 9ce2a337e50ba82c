"""Which Docker commands may run: a list of allowed shapes, not of forbidden words.

Every argument list passes here before it runs. A query must be one of the queries below. A change must have one
of the shapes below *and* name nothing but what the journal says this run has made. Names that look like options
never pass, wherever they came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from migrations_tools.errors import ForbiddenCommand

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
_QUERIES = (
    ("version",), ("info",), ("context", "inspect"), ("ps",), ("inspect",), ("logs",),
    ("volume", "ls"), ("volume", "inspect"), ("network", "ls"), ("network", "inspect"),
    ("image", "ls"), ("image", "inspect"), ("compose", "version"),
)  # fmt: skip
_COMPOSE_OPTIONS = frozenset({"--project-name", "--project-directory", "--file", "--env-file", "--profile"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What changes may touch: the temp project, its exact Compose options, and the things in the journal."""

    project: str
    compose_options: tuple[str, ...]
    made: frozenset[tuple[str, str]]

    def holds(self, kind: str, names: Sequence[str]) -> bool:
        """Tell whether every one of the names (at least one) is in the journal as that kind."""
        return bool(names) and all((kind, name) in self.made for name in names)


def check_query(arguments: Sequence[str]) -> None:
    """Let a question through. Raises ForbiddenCommand for anything that is not one of the known questions."""
    if not _is_query(tuple(arguments)):
        raise ForbiddenCommand(f"Not run: `docker {' '.join(arguments)}` is not a known query.")


def check_change(arguments: Sequence[str], scope: Scope) -> None:
    """Let a change through. Raises ForbiddenCommand unless a shape fits and everything named is this run's own."""
    given = tuple(arguments)
    if not any(shape(given, scope) for shape in _SHAPES):
        raise ForbiddenCommand(f"Not run: `docker {' '.join(given)}` is not a command of this run's own.")


def _is_query(given: tuple[str, ...]) -> bool:
    if any(given[: len(query)] == query for query in _QUERIES):
        return True
    options, rest = _split_compose(given)
    return options is not None and rest[:3] == ("config", "--format", "json")


def _split_compose(given: tuple[str, ...]) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Split `compose [OPTION VALUE]... REST`; the options are None when it is no Compose command."""
    if given[:1] != ("compose",):
        return None, ()
    index = 1
    while index + 1 < len(given) and given[index] in _COMPOSE_OPTIONS:
        index += 2
    return given[1:index], given[index:]


def _own_compose(given: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
    """Give what follows this run's own Compose options; empty when they are not exactly these."""
    wanted = ("compose", "--project-name", scope.project, *scope.compose_options)
    return given[len(wanted) :] if scope.compose_options and given[: len(wanted)] == wanted else ()


def _services(names: Sequence[str]) -> bool:
    return all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in names)


def _is_build(given: tuple[str, ...], scope: Scope) -> bool:
    rest = _own_compose(given, scope)
    return rest[:2] == ("build", "--") and _services(rest[2:])


def _is_create(given: tuple[str, ...], scope: Scope) -> bool:
    rest = _own_compose(given, scope)
    return rest[:4] == ("up", "--no-start", "--no-build", "--") and _services(rest[4:])


def _is_start(given: tuple[str, ...], scope: Scope) -> bool:
    # `start` makes nothing: what it starts was there to be looked at.
    rest = _own_compose(given, scope)
    return rest[:2] == ("start", "--") and _services(rest[2:])


def _is_run(given: tuple[str, ...], scope: Scope) -> bool:
    rest = _own_compose(given, scope)
    fits = rest[:5] == ("run", "--rm", "--no-TTY", "--no-deps", "--name") and len(rest) > 9
    return fits and scope.holds("container", rest[5:6]) and rest[6] == "--entrypoint" and rest[8] == "--"


def _is_down(given: tuple[str, ...], scope: Scope) -> bool:
    # By project name alone: with `--file` Compose would look at volumes by name, whosever they are.
    return given == ("compose", "--project-name", scope.project, "down", "--remove-orphans", "--timeout", "0")


def _is_exec(given: tuple[str, ...], scope: Scope) -> bool:
    plain = tuple(word for index, word in enumerate(given) if index != 2 or word != "--tty")
    return plain[:3] == ("exec", "--interactive", "--") and len(plain) > 4 and scope.holds("container", plain[3:4])


def _removal(start: tuple[str, ...], kind: str, word: re.Pattern[str]) -> Callable[[tuple[str, ...], Scope], bool]:
    def fits(given: tuple[str, ...], scope: Scope) -> bool:
        names = given[len(start) :]
        well_formed = all(word.fullmatch(name) for name in names)
        return given[: len(start)] == start and well_formed and scope.holds(kind, names)

    return fits


_SHAPES: tuple[Callable[[tuple[str, ...], Scope], bool], ...] = (
    _is_build,
    _is_create,
    _is_start,
    _is_run,
    _is_down,
    _is_exec,
    _removal(("rm", "--force"), "container", _WORD),
    _removal(("volume", "rm"), "volume", _WORD),
    _removal(("network", "rm"), "network", _WORD),
    _removal(("image", "rm"), "image", _IMAGE),
)
