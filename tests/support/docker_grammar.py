"""What Docker and Compose would do with an argument list: an interpreter of their command lines, made for the tests.

It knows nothing of the guard. Its sources are the programs' own `--help`, the command line reference
(https://docs.docker.com/reference/cli/docker/) and how their parser reads options (pflag): `--name value`,
`--name=value`, `-n value`, `-nvalue`, several short ones in one word, `--` as the end of options, and commands that
read no option behind their first operand. What it does not know in full counts as able to do anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

READS = "reads"
ANYTHING = "could do anything"


class Refused(Exception):
    """Docker prints how the command is used, and does nothing."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a command does: a verb, and to which object."""

    verb: str
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What is on the engine besides the run's own things: other people's objects, by kind, name and id."""

    project: str
    options: tuple[str, ...]
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def meant(self, kind: str, word: str) -> Effect:
        """Return what a word means to `rm`: a name, a whole id, or the beginning of one."""
        known = self.others.get(kind, {})
        bare = word.removeprefix("/") if kind == "container" else word
        by_id = [name for name, identity in known.items() if word and identity.startswith(word)]
        if not bare or ("/" in bare and kind != "image"):
            return Effect(ANYTHING, kind, word)
        if bare not in known and by_id and kind != "volume":
            return Effect("removes", kind, f"{by_id[0]}, by its id")
        return Effect("removes", kind, bare)


@dataclass(frozen=True, slots=True)
class _Grammar:
    """A command's options: long names, true where one takes a value; short names; whether they may follow operands."""

    long: Mapping[str, bool]
    short: Mapping[str, str] = field(default_factory=dict)
    interspersed: bool = True

    def parse(self, words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
        """Return the options with their values, and the operands. Raises Refused as the program does."""
        options: list[tuple[str, str]] = []
        operands: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word == "--":
                return options, operands + rest
            if word.startswith("--"):
                options.append(self._long(word[2:], rest))
            elif word.startswith("-") and word != "-":
                options += self._short(word[1:], rest)
            elif self.interspersed:
                operands.append(word)
            else:
                return options, [*operands, word, *rest]
        return options, operands

    def _long(self, text: str, rest: list[str]) -> tuple[str, str]:
        name, equals, value = text.partition("=")
        if name not in self.long:
            raise Refused(f"unknown flag: --{name}")
        if self.long[name] and not equals:
            return name, _next(rest, name)
        return name, value if equals else "true"

    def _short(self, text: str, rest: list[str]) -> Iterator[tuple[str, str]]:
        while text:
            letter, text = text[0], text[1:]
            if letter not in self.short:
                raise Refused(f"unknown shorthand flag: {letter}")
            name = self.short[letter]
            if self.long[name]:
                yield name, text.removeprefix("=") if text else _next(rest, name)
                return
            if text.startswith("="):
                yield name, text[1:]
                return
            yield name, "true"


def _next(rest: list[str], name: str) -> str:
    if not rest:
        raise Refused(f"flag needs an argument: --{name}")
    return rest.pop(0)


def _grammar(flags: str = "", values: str = "", short: str = "", interspersed: bool = True) -> _Grammar:
    """Make a grammar from words: `help` is known to every command; `short` reads `a=all f=filter`."""
    long = {**dict.fromkeys(["help", *flags.split()], False), **dict.fromkeys(values.split(), True)}
    letters = {pair[0]: pair[2:] for pair in short.split()}
    return _Grammar(long, {"h": "help", **letters}, interspersed)


_LISTING = "a=all f=filter q=quiet n=last l=latest s=size"
_EXEC = _grammar(
    "detach interactive privileged tty",
    "detach-keys env env-file user workdir",
    "d=detach e=env i=interactive t=tty u=user w=workdir",
    interspersed=False,
)
_REMOVALS = {
    "container": _grammar("force link volumes", "", "f=force l=link v=volumes"),
    "volume": _grammar("force", "", "f=force"),
    "network": _grammar("force", "", "f=force"),
    "image": _grammar("force no-prune", "", "f=force"),
}
_HARMLESS_IN_REMOVALS = {"container": {"force"}, "volume": set(), "network": set(), "image": set()}
_PS = _grammar("all latest no-trunc quiet size", "filter format last", _LISTING)
_INSPECT = _grammar("size", "format type", "f=format s=size")
_PLAIN_INSPECT = _grammar("", "format", "f=format")
_LOGS = _grammar("details follow timestamps", "since tail until", "f=follow n=tail t=timestamps")
_LS = _grammar("quiet no-trunc all digests cluster", "filter format", "f=filter q=quiet a=all")
_READING: Mapping[tuple[str, ...], _Grammar] = {
    ("version",): _PLAIN_INSPECT,
    ("info",): _PLAIN_INSPECT,
    ("system", "info"): _PLAIN_INSPECT,
    ("context", "inspect"): _PLAIN_INSPECT,
    ("ps",): _PS,
    ("container", "ls"): _PS,
    ("container", "ps"): _PS,
    ("inspect",): _INSPECT,
    ("container", "inspect"): _INSPECT,
    ("volume", "inspect"): _PLAIN_INSPECT,
    ("network", "inspect"): _PLAIN_INSPECT,
    ("image", "inspect"): _PLAIN_INSPECT,
    ("logs",): _LOGS,
    ("container", "logs"): _LOGS,
    ("volume", "ls"): _LS,
    ("network", "ls"): _LS,
    ("image", "ls"): _LS,
    ("images",): _LS,
}
_REMOVING: Mapping[tuple[str, ...], str] = {
    ("rm",): "container",
    ("container", "rm"): "container",
    ("container", "remove"): "container",
    ("volume", "rm"): "volume",
    ("volume", "remove"): "volume",
    ("network", "rm"): "network",
    ("network", "remove"): "network",
    ("image", "rm"): "image",
    ("image", "remove"): "image",
    ("rmi",): "image",
}


def effects(words: Sequence[str], world: World) -> list[Effect]:
    """Return everything that `docker WORDS` would do. Raises Refused where it would only complain."""
    given = tuple(words)
    if not given:
        return [Effect(READS)]
    if given[0].startswith("-") or any("\0" in word for word in given):
        return [Effect(ANYTHING, "engine", given[0])]  # another engine, another configuration, or not a command at all
    if given[0] == "compose":
        return _compose(given[1:], world)
    return _docker(given[:1], given[1:], world) or _docker(given[:2], given[2:], world) or _unknown(given)


def _docker(head: tuple[str, ...], rest: tuple[str, ...], world: World) -> list[Effect]:
    """Return what a command does; nothing when these are not the words of one that is described here."""
    if head in _READING:
        return _read(head, rest)
    if head in _REMOVING:
        return _remove(_REMOVING[head], rest, world)
    return _execute(rest) if head in (("exec",), ("container", "exec")) else []


def _unknown(given: tuple[str, ...]) -> list[Effect]:
    return [Effect(ANYTHING, "command", " ".join(given[:2]))]


def _read(head: tuple[str, ...], rest: tuple[str, ...]) -> list[Effect]:
    options, operands = _READING[head].parse(rest)
    if _is_set(options, "follow"):
        return [Effect("waits", "container", " ".join(operands))]
    if head[-1] == "logs" and len(operands) != 1:
        raise Refused("requires exactly 1 argument")
    return [Effect(READS)]


def _remove(kind: str, rest: tuple[str, ...], world: World) -> list[Effect]:
    options, operands = _REMOVALS[kind].parse(rest)
    if _is_set(options, "help"):
        return [Effect(READS)]
    if not operands:
        raise Refused("requires at least 1 argument")
    more = {name for name, _ in options} - _HARMLESS_IN_REMOVALS[kind]
    return [Effect(ANYTHING, kind, name) for name in more] + [world.meant(kind, word) for word in operands]


def _execute(rest: tuple[str, ...]) -> list[Effect]:
    options, operands = _EXEC.parse(rest)
    if _is_set(options, "help"):
        return [Effect(READS)]
    if len(operands) < 2:
        raise Refused("requires at least 2 arguments")
    more = {name for name, _ in options} - {"interactive", "tty"}
    return [Effect(ANYTHING, "container", name) for name in more] + [Effect("runs in", "container", operands[0])]


def _is_set(options: Sequence[tuple[str, str]], wanted: str) -> bool:
    return any(name == wanted and value.lower() not in ("false", "f", "0") for name, value in options)


# --- Compose ---------------------------------------------------------------------------------------------------------

_ROOT = _grammar(
    "compatibility dry-run verbose version all-resources",
    "ansi env-file file parallel profile progress project-directory project-name workdir",
    "f=file p=project-name v=version",
    interspersed=False,
)
_COMPOSE: Mapping[str, _Grammar] = {
    "config": _grammar(
        "dry-run images no-consistency no-interpolate no-normalize no-path-resolution profiles quiet"
        " resolve-image-digests services variables volumes environment lock-image-digests no-env-resolution networks",
        "format hash output",
        "o=output q=quiet",
    ),
    "version": _grammar("dry-run short", "format", "f=format"),
    "build": _grammar(
        "check dry-run no-cache print pull push quiet with-dependencies",
        "build-arg builder memory progress provenance sbom ssh",
        "m=memory q=quiet",
    ),
    "up": _grammar(
        "abort-on-container-exit abort-on-container-failure always-recreate-deps attach-dependencies build detach"
        " dry-run force-recreate menu no-build no-color no-deps no-log-prefix no-recreate no-start quiet-build"
        " quiet-pull remove-orphans renew-anon-volumes timestamps wait watch yes",
        "attach exit-code-from no-attach pull scale timeout wait-timeout",
        "d=detach V=renew-anon-volumes t=timeout w=watch y=yes",
    ),
    "start": _grammar("dry-run wait", "wait-timeout"),
    "run": _grammar(
        "build detach dry-run interactive no-TTY no-deps quiet quiet-build quiet-pull remove-orphans rm service-ports"
        " use-aliases",
        "cap-add cap-drop entrypoint env env-from-file label name publish pull user volume workdir",
        "d=detach e=env i=interactive l=label T=no-TTY p=publish q=quiet P=service-ports u=user v=volume w=workdir",
        interspersed=False,
    ),
    "down": _grammar("dry-run remove-orphans volumes", "rmi timeout", "v=volumes t=timeout"),
}
# Options that add nothing to what the command does anyway; any other one counts as able to do anything.
_ADDS_NOTHING: Mapping[str, frozenset[str]] = {
    "config": frozenset({"format", "quiet", "services", "volumes", "images", "profiles", "hash", "variables"}),
    "version": frozenset({"short", "format"}),
    "build": frozenset(),
    "up": frozenset({"detach", "no-build", "no-start"}),
    "start": frozenset(),
    "run": frozenset({"rm", "no-TTY", "no-deps", "name", "entrypoint"}),
    "down": frozenset({"remove-orphans", "timeout"}),
}


def _compose(words: tuple[str, ...], world: World) -> list[Effect]:
    outer, operands = _ROOT.parse(words)
    if not operands or operands[0] not in _COMPOSE:
        return [Effect(READS) if _is_set(outer, "help") else Effect(ANYTHING, "compose", " ".join(operands[:1]))]
    verb, rest = operands[0], operands[1:]
    options, services = _COMPOSE[verb].parse(rest)
    if _is_set(outer, "help") or _is_set(options, "help"):
        return [Effect(READS)]
    project = ([value for name, value in outer if name == "project-name"] or [""])[-1]
    others = tuple(word for name, value in outer if name != "project-name" for word in (f"--{name}", value))
    more = [Effect(ANYTHING, f"compose {verb}", name) for name, _ in options if name not in _ADDS_NOTHING[verb]]
    more += [Effect(ANYTHING, "files", value) for name, value in outer if name in _FILES and not _is_local(value)]
    if verb in ("config", "version"):
        return [*more, Effect(READS)]
    return [*more, *_compose_change(verb, project, others, options, services, world)]


_FILES = frozenset({"file", "env-file", "project-directory", "workdir"})


def _is_local(path: str) -> bool:
    """Return whether Compose reads a file of this machine whatever folder it is run in, and nothing from elsewhere."""
    return PurePath(path).is_absolute()


def _compose_change(
    verb: str,
    project: str,
    others: tuple[str, ...],
    options: Sequence[tuple[str, str]],
    operands: Sequence[str],
    world: World,
) -> list[Effect]:
    """Return what a changing command does: to the temp project alone where project and files are exactly its own."""
    if verb == "down":
        by_label = project == world.project and others in ((), world.options)
        return [Effect("takes down", "project", project) if by_label else Effect(ANYTHING, "project", project)]
    if project != world.project or others != world.options:
        return [Effect(ANYTHING, "project", project)]
    if verb == "up" and not (_is_set(options, "detach") or _is_set(options, "no-start")):
        return [Effect("waits", "project", project)]
    if verb != "run":
        return [Effect(f"compose {verb}", "project", project)]
    if not operands:
        raise Refused("requires at least 1 arg(s)")
    named = [value for name, value in options if name == "name"]
    return [Effect("runs in", "container", named[-1] if named else "one that nobody noted")]
