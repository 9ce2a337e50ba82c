"""Which Docker commands may run: a list of allowed shapes, not of forbidden words.

Every argument list passes here before it runs. A query must be one of the questions below, with the options listed
there and nothing else: none of them writes a file, follows anything or changes anything. A change must have one of
the shapes below *and* name nothing but what the journal says this run has made. Names that look like options never
pass, wherever they came from, nor do names that Docker could take for the beginning of an id.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from migrations_tools.errors import ForbiddenCommand

Pattern = re.Pattern[str]

_ANY = re.compile(r".*", re.DOTALL)
_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SERVICE = re.compile(r"[A-Za-z0-9._-]+")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Docker takes a container or network that it does not know by name for the beginning of an id: hexadecimal digits.
_NAME = re.compile(rf"(?![0-9a-f]+\Z){_WORD.pattern}")
_PART = r"[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*"
_REPOSITORY = rf"(?:(?:{_PART}|\[[0-9A-Fa-f:]+\])(?::\d+)?/)?(?:{_PART}/)*{_PART}"
_TAG = r":[A-Za-z0-9_][A-Za-z0-9_.-]*"
_ID = r"sha256:[0-9a-f]{64}"
# What is removed is said in full: a tag with its repository, or a whole id.
_IMAGE = re.compile(rf"{_ID}|(?!sha256:){_REPOSITORY}{_TAG}")
_OBJECT = re.compile(rf"{_ID}|{_REPOSITORY}(?:{_TAG})?(?:@{_ID})?")


@dataclass(frozen=True, slots=True)
class _Question:
    """What may follow a query's words: options without and with a value, then at least so many things asked about."""

    flags: frozenset[str] = frozenset()
    values: Mapping[str, Pattern] = field(default_factory=dict)
    about: Pattern | None = None
    least: int = 1
    most: int = 100_000

    def allows(self, words: tuple[str, ...]) -> bool:
        """Return whether the words are known options and, after them, as many things as may be asked about."""
        while words and words[0].startswith("-"):
            option, rest = words[0], words[1:]
            if option in self.values and rest and self.values[option].fullmatch(rest[0]):
                words = rest[1:]
            elif option in self.flags:
                words = rest
            else:
                return False
        return self._may_be_asked_about(words)

    def _may_be_asked_about(self, words: tuple[str, ...]) -> bool:
        if self.about is None:
            return not words
        return self.least <= len(words) <= self.most and all(self.about.fullmatch(word) for word in words)


_FORMAT = {"--format": _ANY}
_LISTED = {"--format": _ANY, "--filter": _ANY}
_KIND = re.compile("container|image|network|volume")
_SHORT = frozenset({"--quiet", "--no-trunc"})
_QUESTIONS: Mapping[tuple[str, ...], _Question] = {
    ("version",): _Question(values=_FORMAT),
    ("info",): _Question(values=_FORMAT),
    ("context", "inspect"): _Question(values=_FORMAT, about=_WORD, least=0, most=1),
    ("compose", "version"): _Question(frozenset({"--short"})),
    ("ps",): _Question(_SHORT | {"--all"}, _LISTED),
    ("volume", "ls"): _Question(frozenset({"--quiet"}), _LISTED),
    ("network", "ls"): _Question(_SHORT, _LISTED),
    ("image", "ls"): _Question(_SHORT | {"--all"}, _LISTED),
    ("inspect",): _Question(values={**_FORMAT, "--type": _KIND}, about=_OBJECT),
    ("volume", "inspect"): _Question(values=_FORMAT, about=_WORD),
    ("network", "inspect"): _Question(values=_FORMAT, about=_WORD),
    ("image", "inspect"): _Question(values=_FORMAT, about=_OBJECT),
    ("logs",): _Question(frozenset({"--timestamps"}), {"--tail": re.compile(r"\d+")}, about=_WORD, most=1),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What changes may touch: the temp project, its exact Compose options, and the things in the journal."""

    project: str
    compose_options: tuple[str, ...]
    made: frozenset[tuple[str, str]]

    def holds(self, kind: str, names: Sequence[str], word: Pattern = _NAME) -> bool:
        """Return whether every one of the names (at least one) is well formed and in the journal as that kind."""
        return bool(names) and all(word.fullmatch(name) and (kind, name) in self.made for name in names)


def check_query(arguments: Sequence[str]) -> None:
    """Let a question through. Raises ForbiddenCommand for anything that is not one of the known questions."""
    if not _is_query(tuple(arguments)):
        raise ForbiddenCommand(f"Not run: `{_shown(arguments)}` is not a known query.")


def check_change(arguments: Sequence[str], scope: Scope) -> None:
    """Let a change through. Raises ForbiddenCommand unless a shape fits and everything named is this run's own."""
    given = tuple(arguments)
    if _unspeakable(given) or not any(shape(given, scope) for shape in _SHAPES):
        raise ForbiddenCommand(f"Not run: `{_shown(given)}` is not a command of this run's own.")


def _shown(arguments: Sequence[str]) -> str:
    return f"docker {shlex.join(arguments)}"


def _unspeakable(given: tuple[str, ...]) -> bool:
    """Return whether a word cannot be handed to a program: the operating system ends it at the zero byte."""
    return any("\0" in word for word in given)


def _is_query(given: tuple[str, ...]) -> bool:
    if _unspeakable(given):
        return False
    for size in (1, 2):
        if given[:size] in _QUESTIONS:
            return _QUESTIONS[given[:size]].allows(given[size:])
    return _after_compose_options(given) == ("config", "--format", "json")


def _after_compose_options(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return what follows `compose [OPTION VALUE]...`; empty when it is no Compose command of that form."""
    if given[:1] != ("compose",):
        return ()
    index = 1
    while index + 1 < len(given) and _is_compose_option(*given[index : index + 2]):
        index += 2
    return given[index:]


def _is_compose_option(option: str, value: str) -> bool:
    # An absolute path only: `-` would be read from standard input, `oci://…` and `git@…` fetched and written.
    return option in ("--project-name", "--profile") or (
        option in ("--project-directory", "--file", "--env-file") and value.startswith("/")
    )


def _own_compose(given: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
    """Return what follows this run's own Compose options; empty when they are not exactly these."""
    wanted = ("compose", "--project-name", scope.project, *scope.compose_options)
    if given[: len(wanted)] != wanted or not _PROJECT.fullmatch(scope.project):
        return ()
    # Whole pairs, or the last option would take the command for its value; with files, or Compose would look for some;
    # without a second project name, which would count.
    named = scope.compose_options[::2]
    whole = "--file" in named and "--project-name" not in named and not _after_compose_options(wanted)
    return given[len(wanted) :] if whole else ()


def _services(names: Sequence[str]) -> bool:
    return bool(names) and all(_SERVICE.fullmatch(name) for name in names)


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
    # Compose reads no option behind the service: what follows it is the command inside the container.
    rest = _own_compose(given, scope)
    fits = rest[:5] == ("run", "--rm", "--no-TTY", "--no-deps", "--name") and rest[6:9] == ("--entrypoint", "sh", "--")
    return fits and scope.holds("container", rest[5:6]) and _services(rest[9:10]) and rest[10:11] == ("-c",)


def _is_down(given: tuple[str, ...], scope: Scope) -> bool:
    # By project name alone: with `--file` Compose would look at volumes by name, whosever they are.
    wanted = ("compose", "--project-name", scope.project, "down", "--remove-orphans", "--timeout", "0")
    return bool(_PROJECT.fullmatch(scope.project)) and given == wanted


def _is_exec(given: tuple[str, ...], scope: Scope) -> bool:
    # Docker reads no option behind the container's name either.
    plain = tuple(word for index, word in enumerate(given) if index != 2 or word != "--tty")
    return plain[:3] == ("exec", "--interactive", "--") and len(plain) > 4 and scope.holds("container", plain[3:4])


def _removal(start: tuple[str, ...], kind: str, word: Pattern) -> Callable[[tuple[str, ...], Scope], bool]:
    def fits(given: tuple[str, ...], scope: Scope) -> bool:
        return given[: len(start)] == start and scope.holds(kind, given[len(start) :], word)

    return fits


_SHAPES: tuple[Callable[[tuple[str, ...], Scope], bool], ...] = (
    _is_build,
    _is_create,
    _is_start,
    _is_run,
    _is_down,
    _is_exec,
    _removal(("rm", "--force"), "container", _NAME),
    _removal(("volume", "rm"), "volume", _WORD),
    _removal(("network", "rm"), "network", _NAME),
    _removal(("image", "rm"), "image", _IMAGE),
)
