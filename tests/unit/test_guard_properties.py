"""The guard against thousands of argument lists: none passes that touches anything outside the run's own things.

What an argument list would do is said by an interpreter of Docker's own grammar, which knows nothing of the guard.
`GUARD_EXAMPLES=100000 pytest tests/unit/test_guard_properties.py` looks longer, and elsewhere each time.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrations_tools.engines.guard import Scope, check_change, check_query
from migrations_tools.errors import ForbiddenCommand
from tests.support.docker_grammar import READS, Effect, Refused, World, effects

Words = tuple[str, ...]

ANONYMOUS, IMAGE_ID = "f" * 64, "sha256:" + "a" * 64
OPTIONS = (
    "--project-directory",
    "/p",
    "--file",
    "/p/docker-compose.yml",
    "--env-file",
    "/p/.env",
    "--profile",
    "dev",
    "--file",
    "/state/shop-1/temp/override.yaml",
)
OWN = ("compose", "--project-name", "shop_temp", *OPTIONS)
MADE = frozenset(
    {
        ("container", "api_temp"),
        ("container", "shop-alembic-run_temp"),
        ("volume", "shop_data_temp"),
        ("volume", ANONYMOUS),
        ("network", "shop-net_temp"),
        ("image", "shop-api_temp:latest"),
        ("image", "registry:5000/team/api_temp:1.0"),
        ("image", IMAGE_ID),
    }
)
SCOPE = Scope("shop_temp", OPTIONS, MADE)
DOWN = ("compose", "--project-name", "shop_temp", "down", "--remove-orphans", "--timeout", "0")
RUN = (*OWN, "run", "--rm", "--no-TTY", "--no-deps", "--name", "shop-alembic-run_temp", "--entrypoint", "sh", "--")
CHANGES: tuple[Words, ...] = (
    (*OWN, "build", "--", "api", "--help"),
    (*OWN, "up", "--no-start", "--no-build", "--", "api", "-v"),
    (*OWN, "start", "--", "api", "--wait"),
    (*RUN, "api", "-c", "x", "sh", "python", "--volume", "/:/host"),
    DOWN,
    ("exec", "--interactive", "--", "api_temp", "psql", "--detach"),
    ("exec", "--interactive", "--tty", "--", "api_temp", "psql", "-U", "--privileged"),
    ("exec", "--interactive", "--", "api_temp", "pg_restore", "--no-owner", "--file", "-"),
    ("rm", "--force", "api_temp", "shop-alembic-run_temp"),
    ("volume", "rm", "shop_data_temp"),
    ("volume", "rm", ANONYMOUS, "shop_data_temp"),
    ("network", "rm", "shop-net_temp"),
    ("image", "rm", "shop-api_temp:latest"),
    ("image", "rm", "registry:5000/team/api_temp:1.0", IMAGE_ID),
)
QUERIES: tuple[Words, ...] = (
    ("version", "--format", "{{.Server.Version}}"),
    ("info", "--format", "{{json .}}"),
    ("context", "inspect", "--format", "{{.Name}}"),
    ("context", "inspect", "desktop-linux"),
    ("compose", "version", "--short"),
    ("ps", "--all", "--quiet", "--no-trunc", "--filter", "label=com.docker.compose.project=shop_temp"),
    ("ps", "--all", "--filter", "label=a", "--format", '{{.Names}}\t{{.Label "x"}}'),
    ("volume", "ls", "--quiet", "--filter", "label=x; rm -rf ~"),
    ("network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"),
    ("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"),
    ("inspect", "--type", "container", "api_temp", "c" * 64),
    ("volume", "inspect", "shop_data"),
    ("network", "inspect", "shop-net"),
    ("image", "inspect", "registry:5000/team/api:1.0"),
    ("image", "inspect", IMAGE_ID),
    ("logs", "--timestamps", "--tail", "30", "c" * 64),
    ("compose", "--project-name", "x; rm -rf ~", *OPTIONS, "config", "--format", "json"),
    ("compose", "--file", "/p/a'b $c.yml", "config", "--format", "json"),
)

# Other people's things: names like ours, ids that begin like words that occur here.
OTHERS = {
    "container": {"shop-api-1": "cafe" + "0" * 60, "api": "f00d" + "1" * 60, "--force": "0" * 64, "temp": "bad" * 21},
    "volume": {"shop_data": "", "data": "", ANONYMOUS[:-1] + "e": "", "-f": ""},
    "network": {"shop-net": "beef" + "2" * 60, "bridge": "dead" + "3" * 60},
    "image": {"shop-api:latest": "sha256:" + "b" * 64, "postgres:15": "sha256:" + "a" * 63 + "b"},
}
WORLD = World(SCOPE.project, SCOPE.compose_options, OTHERS)


def _words(text: str) -> list[str]:
    return text.split()


COMMANDS = _words(
    "attach build builder buildx checkpoint commit compose config container context cp create diff events exec export"
    " history image images import info inspect kill load login logout logs manifest network node pause plugin port ps"
    " pull push rename restart rm rmi run save search secret service stack start stats stop swarm system tag top trust"
    " unpause up update version volume wait ls prune remove disconnect connect down watch scale"
)
LONG = _words(
    "all attach build build-arg cap-add config context debug detach dry-run entrypoint env env-file file filter follow"
    " force force-recreate format help host interactive link log-level mount name network no-TTY no-build no-cache"
    " no-deps no-prune no-start no-trunc output parallel pid privileged profile profiles project-directory project-name"
    " publish pull push quiet remove-orphans renew-anon-volumes rm rmi scale services signal since size tail time"
    " timeout tlsverify tty type until user volume volumes wait workdir yes"
)
SHORT = [f"-{letter}" for letter in "aDdefhHiklmnopqstTuvVwy"]
WEIRD = [
    "",
    " ",
    "-",
    "--",
    "---",
    "=",
    ".",
    "..",
    "/",
    "*",
    "?",
    "~",
    "\n",
    "\t",
    "\r\n",
    "a\nb",
    "api_temp\n",
    "\napi_temp",
    "; rm -rf ~",
    "$(id)",
    "`id`",
    "${HOME}",
    "'",
    '"',
    "\\",
    "%s",
    "{{.ID}}",
    "[red]x[/red]",
    "ünï",
    "名前",
    "\u202e",
    "api_temp\u200b",
    "ａpi_temp",
    "api_temp/../shop-api-1",
    "../volumes/shop_data",
    "/api",
    "a\0b",
    "shop-api_temp",
    "--force",
    "-v",
    "--volumes",
    "-f",
    "--help",
    "-fv",
    "-vf",
    "--force=true",
    "--volumes=1",
    "--rmi=all",
    "--rmi",
    "all",
    "local",
    "0",
    "-1",
    "1",
    "true",
    "false",
    "cafe",
    "c",
    "f00d",
    "beef",
    "sha256:",
    "sha256:" + "a" * 12,
    "oci://example.org/x",
    "git@example.org:x/y.git",
    "/tmp/out",
    "--output=/tmp/out",
    "-o/tmp/out",
    "--file=-",
]
NAMES = [name for kind in OTHERS.values() for name in kind] + [name for _, name in sorted(MADE)]
NAMES += [identity for kind in OTHERS.values() for identity in kind.values() if identity]
VOCABULARY = sorted(
    {
        *COMMANDS,
        *(f"--{name}" for name in LONG),
        *SHORT,
        *WEIRD,
        *NAMES,
        "shop",
        "shop_temp",
        "api",
        "sh",
        "-c",
        *(word for words in (*CHANGES, *QUERIES) for word in words),
        "--project-name=shop",
        "--project-name=shop_temp",
        "--file=/p/docker-compose.yml",
        "--name=api_temp",
        "--name=shop-api-1",
        "-pshop",
        "-p",
        "-Ppshop",
    }
)

EXAMPLES = int(os.environ.get("GUARD_EXAMPLES", "0"))
WORD = st.sampled_from(VOCABULARY) | st.text(max_size=4)
HARD = settings(
    max_examples=EXAMPLES or 1500,
    deadline=None,
    database=None,
    derandomize=not EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow],
)


# --- what must hold --------------------------------------------------------------------------------------------------


def _passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except ForbiddenCommand:
        return False
    return True


def _outside(done: Sequence[Effect], scope: Scope) -> list[Effect]:
    """Return the effects that are not on what the scope says is the run's own."""
    own = {Effect("takes down", "project", scope.project)}
    own |= {Effect(f"compose {verb}", "project", scope.project) for verb in ("build", "up", "start")}
    own |= {Effect("removes", kind, name) for kind, name in scope.made}
    own |= {Effect("runs in", kind, name) for kind, name in scope.made if kind == "container"}
    return [effect for effect in done if effect not in own]


def _harm(words: Words, scope: Scope, world: World) -> list[Effect]:
    """Return what a change would do outside the scope; a list that Docker only complains about is a mistake as well."""
    try:
        return _outside(effects(words, world), scope)
    except Refused as complaint:
        return [Effect("is no command", "", str(complaint))]


def _hold(words: Words, scope: Scope = SCOPE, world: World = WORLD) -> None:
    """Hold both promises: a change touches what is the run's own, a query touches nothing."""
    if _passes(lambda: check_change(words, scope)):
        assert _harm(words, scope, world) == [], words
    if _passes(lambda: check_query(words)):
        assert effects(words, world) == [Effect(READS)], words


# --- argument lists --------------------------------------------------------------------------------------------------


# Each is a way in which a caller, or a name, could spoil a list: (words, two places in it, a new word) -> words.
KINDS: Mapping[str, Callable[[Words, int, int, str], Words]] = {
    "insert": lambda words, at, to, new: (*words[:at], new, *words[at:]),
    "replace": lambda words, at, to, new: (*words[:at], new, *words[at + 1 :]),
    "delete": lambda words, at, to, new: words[:at] + words[at + 1 :],
    "repeat": lambda words, at, to, new: words[:to] + words[at : at + 1] + words[to:],
    "move": lambda words, at, to, new: _inserted(words[:at] + words[at + 1 :], to, words[at : at + 1]),
    "join": lambda words, at, to, new: (*words[:at], "=".join(words[at : at + 2]), *words[at + 2 :]),
    "split": lambda words, at, to, new: _inserted(words[:at] + words[at + 1 :], at, _split(words[at : at + 1])),
    "extend": lambda words, at, to, new: (*words[:at], *(each + new for each in words[at : at + 1]), *words[at + 1 :]),
    "cut": lambda words, at, to, new: words[:at] + words[to:],
}


def _inserted(words: Words, at: int, new: Words) -> Words:
    return words[:at] + new + words[at:]


def _split(words: Words) -> Words:
    return tuple(part for word in words for part in word.split("=", 1))


def _mutated(words: Words, kind: str, at: int, to: int, new: str) -> Words:
    size = len(words) + 1
    return KINDS[kind](words, at % size, to % size, new)


MUTATION = st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 40), st.integers(0, 40), WORD)


@st.composite
def spoiled(draw: st.DrawFn) -> Words:
    """Return an allowed list with one to three changes."""
    words = draw(st.sampled_from([*CHANGES, *QUERIES]))
    for mutation in draw(st.lists(MUTATION, min_size=1, max_size=3)):
        words = _mutated(words, *mutation)
    return words


ODD_NAMES = st.sampled_from([*WEIRD, *NAMES, "cafe_temp", "deadbeef", "bad", "sha256:abc", "a/b_temp:c"]) | st.text(
    max_size=3
)


@st.composite
def hidden(draw: st.DrawFn) -> tuple[Words, Scope]:
    """Return a command as the tool makes it, of things whose names hide options, ids, paths and worse."""
    project, container, volume, network, image, service, path = (draw(ODD_NAMES) for _ in range(7))
    options = draw(
        st.sampled_from(
            [
                OPTIONS,
                ("--file", path),
                ("--file", "/p/a.yml", "--file", path),
                ("--file", "/p/a.yml", "--profile", path),
                ("--file", "/p/a.yml", "--file"),
                ("--profile", "--file"),
                (path, "--file", "/p/a.yml"),
                (),
                ("--file", "/p/a.yml", "--project-name", path),
                ("--file", "/p/a.yml", path, "/p"),
            ]
        )
    )
    made = frozenset({("container", container), ("volume", volume), ("network", network), ("image", image)})
    scope = Scope(project, options, made)
    own = ("compose", "--project-name", project, *options)
    words: Words = draw(
        st.sampled_from(
            [
                ("rm", "--force", container),
                ("volume", "rm", volume),
                ("network", "rm", network),
                ("image", "rm", image),
                ("exec", "--interactive", "--", container, "psql", "-U", service),
                (*own, "build", "--", service),
                (*own, "up", "--no-start", "--no-build", "--", service),
                (*own, "start", "--", service),
                (*own, "down", "--remove-orphans", "--timeout", "0"),
                (
                    *own,
                    "run",
                    "--rm",
                    "--no-TTY",
                    "--no-deps",
                    "--name",
                    container,
                    "--entrypoint",
                    "sh",
                    "--",
                    service,
                    "-c",
                ),
                ("compose", "--project-name", project, "down", "--remove-orphans", "--timeout", "0"),
                ("inspect", "--type", "container", container),
                ("image", "inspect", image),
                ("logs", "--tail", "3", container),
                (*own, "config", "--format", "json"),
                ("volume", "ls", "--filter", volume),
                ("ps", "--format", service),
            ]
        )
    )
    return words, scope


# --- the properties --------------------------------------------------------------------------------------------------


@HARD
@given(st.lists(WORD, max_size=12))
def test_no_list_of_dockers_own_words_gets_outside(words: list[str]) -> None:
    _hold(tuple(words))


@HARD
@given(spoiled())
def test_no_allowed_list_that_was_spoiled_gets_outside(words: Words) -> None:
    _hold(words)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_allowed_list_with_one_change_anywhere_gets_outside(kind: str) -> None:
    new = VOCABULARY if kind in ("insert", "replace", "extend") else [""]
    to = range(12) if kind in ("repeat", "move", "cut") else [0]
    for words in (*CHANGES, *QUERIES):
        for at in range(len(words) + 1):
            for place in to:
                for word in new:
                    _hold(_mutated(words, kind, at, place, word))


@HARD
@given(hidden())
def test_no_name_that_hides_an_option_or_an_id_gets_outside(case: tuple[Words, Scope]) -> None:
    words, scope = case
    others = {
        kind: {name: identity for name, identity in known.items() if not {(kind, name), (kind, identity)} & scope.made}
        for kind, known in OTHERS.items()
    }
    _hold(words, scope, World(scope.project, scope.compose_options, others))


# --- the test itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", CHANGES, ids=" ".join)
def test_the_interpreter_finds_the_tools_own_changes_harmless_and_the_guard_lets_them_through(words: Words) -> None:
    check_change(words, SCOPE)
    assert _harm(words, SCOPE, WORLD) == []


@pytest.mark.parametrize("words", QUERIES, ids=" ".join)
def test_the_interpreter_finds_the_tools_own_queries_harmless_and_the_guard_lets_them_through(words: Words) -> None:
    check_query(words)
    assert effects(words, WORLD) == [Effect(READS)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("rm", "-fv", "api_temp"), "volumes", id="short options in one word"),
        pytest.param(("rm", "api_temp", "--volumes"), "volumes", id="an option behind the names"),
        pytest.param(("rm", "--force", "cafe"), "shop-api-1, by its id", id="the beginning of an id"),
        pytest.param(("rm", "--force", "/api"), "api", id="a name with the engine's own slash"),
        pytest.param(("network", "rm", "beef2"), "shop-net, by its id", id="the beginning of a network's id"),
        pytest.param(("volume", "rm", "../containers/api"), "../containers/api", id="a path in the engine's addresses"),
        pytest.param(("exec", "-d", "api_temp", "x"), "detach", id="a process left behind"),
        pytest.param(("exec", "api", "--", "api_temp"), "api", id="the container is the first operand"),
        pytest.param((*OWN, "up", "--detach", "-V"), "renew-anon-volumes", id="volumes made anew"),
        pytest.param((*OWN, "config", "-o/tmp/x"), "output", id="a question that writes a file"),
        pytest.param((*OWN, "--project-name", "shop", "up", "--detach"), "shop", id="the last project name counts"),
        pytest.param((*DOWN, "--volumes"), "volumes", id="volumes by pattern"),
        pytest.param(("logs", "-ft", "api"), "api", id="a question that never ends"),
        pytest.param(("--host", "ssh://x", "ps"), "--host", id="another engine"),
        pytest.param(("system", "prune"), "system prune", id="a command that is not described"),
    ],
)
def test_the_interpreter_sees_through_dockers_grammar(words: Words, said: str) -> None:
    assert said in [effect.name for effect in _outside(effects(words, WORLD), SCOPE) if effect.verb != READS]


def _by_prefix(words: Words) -> bool:
    """Let questions through by their first words alone."""
    return words[:1] in (("ps",), ("logs",), ("inspect",)) or words[:2] in (("volume", "ls"), ("image", "ls"))


def _by_subcommand(words: Words) -> bool:
    return words[:1] == ("compose",) and "config" in words and words[-3:-2] == ("config",)


def _by_name_anywhere(words: Words) -> bool:
    return words[:1] == ("rm",) and "api_temp" in words


def _by_last_name(words: Words) -> bool:
    return words[:1] == ("exec",) and "api_temp" in words[:5]


def _by_project(words: Words) -> bool:
    return words[:3] == DOWN[:3] and "--volumes" not in words


@pytest.mark.parametrize("weak", [_by_prefix, _by_subcommand, _by_name_anywhere, _by_last_name, _by_project])
def test_a_guard_with_a_hole_is_found_out(weak: Callable[[Words], bool]) -> None:
    seeded, sources = random.Random(20240902), [words for words in (*CHANGES, *QUERIES) if weak(words)]
    for _ in range(50_000):
        numbers = seeded.randint(0, 40), seeded.randint(0, 40)
        words = _mutated(seeded.choice(sources), seeded.choice(sorted(KINDS)), *numbers, seeded.choice(VOCABULARY))
        if weak(words) and {effect.verb for effect in _harm(words, SCOPE, WORLD)} - {READS, "is no command"}:
            return
    pytest.fail("the hole was not found")
