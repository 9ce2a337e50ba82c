"""The guard, by example: what it lets through and what not; `test_guard_properties.py` goes through thousands."""

from __future__ import annotations

import pytest

from migrations_tools.engines.guard import Scope, check_change, check_query
from migrations_tools.errors import ForbiddenCommand

OPTIONS = ("--project-directory", "/p", "--file", "/p/docker-compose.yml", "--file", "/state/shop-1/temp/override.yaml")
MADE = {
    ("container", "api_temp"),
    ("volume", "shop_data_temp"),
    ("volume", "f" * 64),
    ("network", "shop-net_temp"),
    ("image", "shop-api_temp:latest"),
    ("image", "sha256:" + "a" * 64),
}
SCOPE = Scope("shop_temp", OPTIONS, frozenset(MADE))
OWN = ("compose", "--project-name", "shop_temp", *OPTIONS)


@pytest.mark.parametrize(
    "arguments",
    [
        (*OWN, "build", "--", "api"),
        (*OWN, "up", "--no-start", "--no-build", "--", "api", "db"),
        (*OWN, "start", "--", "api", "db"),
        (
            *OWN,
            "run",
            "--rm",
            "--no-TTY",
            "--no-deps",
            "--name",
            "api_temp",
            "--entrypoint",
            "sh",
            "--",
            "api",
            "-c",
            "x",
        ),
        ("compose", "--project-name", "shop_temp", "down", "--remove-orphans", "--timeout", "0"),
        ("exec", "--interactive", "--", "api_temp", "psql"),
        ("exec", "--interactive", "--tty", "--", "api_temp", "psql"),
        ("rm", "--force", "api_temp"),
        ("volume", "rm", "shop_data_temp"),
        ("volume", "rm", "f" * 64),
        ("network", "rm", "shop-net_temp"),
        ("image", "rm", "shop-api_temp:latest"),
        ("image", "rm", "sha256:" + "a" * 64),
    ],
    ids=" ".join,
)
def test_a_command_of_this_runs_own_passes(arguments: tuple[str, ...]) -> None:
    check_change(arguments, SCOPE)


@pytest.mark.parametrize(
    "arguments",
    [
        ("compose", "--project-name", "shop_temp", "down", "--volumes"),
        ("compose", "--project-name", "shop_temp", "down", "--remove-orphans", "--timeout", "0", "--volumes"),
        ("compose", "--project-name", "shop", "down", "--remove-orphans", "--timeout", "0"),
        ("compose", "down"),
        (*OWN, "down", "--remove-orphans", "--timeout", "0"),
        ("compose", "--project-name", "shop", *OPTIONS, "up", "--no-start", "--no-build", "--"),
        (
            "compose",
            "--project-name",
            "shop_temp",
            "--file",
            "/p/docker-compose.yml",
            "up",
            "--no-start",
            "--no-build",
            "--",
        ),
        (*OWN, "up", "--no-start", "--no-build", "--renew-anon-volumes", "--", "api"),
        (*OWN, "up", "--detach", "--no-build", "--", "api"),
        (*OWN, "up", "--no-build", "--", "api"),
        (*OWN, "start", "--wait", "--", "api"),
        (*OWN, "start", "--", "api; id"),
        ("compose", "--project-name", "shop", *OPTIONS, "start", "--", "api"),
        ("compose", "--project-name", "shop_temp", "start", "--", "api"),
        ("start", "api_temp"),
        (*OWN, "up", "--no-start", "--no-build", "--"),
        (*OWN, "start", "--"),
        (*OWN, "build", "--"),
        (
            *OWN,
            "run",
            "--rm",
            "--no-TTY",
            "--no-deps",
            "--name",
            "api_temp",
            "--entrypoint",
            "",
            "--",
            "api",
            "-c",
            "x",
        ),
        (*OWN, "run", "--rm", "--no-TTY", "--no-deps", "--name", "api_temp", "--entrypoint", "sh", "--", "", "-c", "x"),
        (*OWN, "run", "--rm", "--no-TTY", "--no-deps", "--name", "api", "--entrypoint", "sh", "--", "api", "-c"),
        (*OWN, "run", "--volume", "/:/host", "--name", "api_temp", "api"),
        ("exec", "--interactive", "--", "shop-db-1", "psql"),
        ("exec", "--interactive", "--privileged", "--", "api_temp", "sh"),
        ("rm", "--force", "shop-api-1"),
        ("rm", "--force", "api_temp", "shop-api-1"),
        ("rm", "--force", "--volumes", "api_temp"),
        ("rm", "--force"),
        ("volume", "rm", "shop_data"),
        ("volume", "rm", "--force", "shop_data_temp"),
        ("volume", "rm", "api_temp"),
        ("volume", "prune"),
        ("volume", "prune", "--force"),
        ("system", "prune", "--all", "--volumes", "--force"),
        ("network", "prune"),
        ("image", "prune", "-a"),
        ("image", "rm", "shop-api:latest"),
        ("stop", "api_temp"),
        ("kill", "api_temp"),
        ("run", "--rm", "-v", "/:/host", "debian", "rm", "-rf", "/host"),
        (),
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_everything_else_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(ForbiddenCommand):
        check_change(arguments, SCOPE)
    with pytest.raises(ForbiddenCommand):
        check_query(arguments)


MISLEADING = {
    ("container", "--force"),
    ("container", "-v"),
    ("container", "cafe"),
    ("container", ""),
    ("container", "a\nb"),
    ("container", "a/../b"),
    ("network", "beef"),
    ("volume", "--force"),
    ("volume", "../containers/api"),
    ("image", "--force"),
    ("image", "shop-api"),
    ("image", "sha256:" + "a" * 12),
    ("image", "a/../../b:c"),
}


@pytest.mark.parametrize(("kind", "name"), sorted(MISLEADING), ids=repr)
def test_a_name_that_docker_could_read_otherwise_is_refused_although_the_journal_has_it(kind: str, name: str) -> None:
    scope = Scope("shop_temp", OPTIONS, frozenset(MISLEADING))
    start = {"container": ("rm", "--force")}.get(kind, (kind, "rm"))
    with pytest.raises(ForbiddenCommand):
        check_change((*start, name), scope)
    if kind == "container":
        with pytest.raises(ForbiddenCommand):
            check_change(("exec", "--interactive", "--", name, "sh"), scope)


@pytest.mark.parametrize(
    ("project", "options"),
    [
        pytest.param("--volumes", OPTIONS, id="a project that is an option"),
        pytest.param("", OPTIONS, id="no project"),
        pytest.param("shop_temp", (), id="no files, so that Compose would look for some"),
        pytest.param("shop_temp", ("--profile", "--file"), id="a profile that reads like the option for a file"),
        pytest.param("shop_temp", (*OPTIONS, "--file"), id="an option that would take the command for its value"),
        pytest.param("shop_temp", (*OPTIONS, "--project-name", "shop"), id="a second project, which would count"),
        pytest.param("shop_temp", ("--file", "-"), id="a file from standard input"),
        pytest.param("shop_temp", ("--file", "compose.yml"), id="a file of whatever folder this is"),
        pytest.param("shop_temp", ("--file", "oci://example.org/stack"), id="a file from elsewhere"),
    ],
)
def test_compose_is_not_run_with_options_that_it_could_read_otherwise(project: str, options: tuple[str, ...]) -> None:
    scope = Scope(project, options, frozenset(MADE))
    with pytest.raises(ForbiddenCommand):
        check_change(("compose", "--project-name", project, *options, "build", "--", "api"), scope)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ps", "--all", "--filter", "label=x", "--format", "{{.Names}}"),
        ("logs", "--timestamps", "--tail", "30", "api_temp"),
        ("inspect", "--type", "container", "a" * 64, "b" * 64),
        ("image", "inspect", "postgres:15"),
        ("volume", "ls", "--quiet"),
        (*OWN, "config", "--format", "json"),
    ],
    ids=" ".join,
)
def test_a_question_passes(arguments: tuple[str, ...]) -> None:
    check_query(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((*OWN, "config", "--format", "json", "--output", "/p/docker-compose.yml"), id="writes a file"),
        pytest.param((*OWN, "config", "--format", "json", "-o/p/docker-compose.yml"), id="writes a file, in short"),
        pytest.param((*OWN, "config", "--format", "json", "--resolve-image-digests"), id="asks a registry"),
        pytest.param(("compose", "--file", "-", "config", "--format", "json"), id="reads standard input"),
        pytest.param(("compose", "--file", "git@example.org:x", "config", "--format", "json"), id="fetches a file"),
        pytest.param(("logs", "--follow", "api_temp"), id="never ends"),
        pytest.param(("logs", "-f", "api_temp"), id="never ends, in short"),
        pytest.param(("logs", "--tail", "--follow", "api_temp"), id="an option for a number"),
        pytest.param(("logs", "--help"), id="no container"),
        pytest.param(("logs", "api_temp", "--follow"), id="an option behind the container"),
        pytest.param(("ps", "--all", "--size"), id="an option that is not needed"),
        pytest.param(("ps", "--filter"), id="an option without its value"),
        pytest.param(("ps", "rm"), id="a word that is not needed"),
        pytest.param(("volume", "ls", ";", "rm"), id="more words behind a question"),
        pytest.param(("inspect", "--type", "task", "x"), id="another kind of object"),
        pytest.param(("inspect", "--type", "container", "--format"), id="a name that is an option"),
        pytest.param(("image", "inspect", "../containers/x"), id="a path instead of a name"),
        pytest.param(("context", "use", "x"), id="a change of the configuration"),
        pytest.param(("--host", "tcp://x", "ps"), id="another engine"),
        pytest.param(("ps", "--format", "a\0b"), id="a zero byte"),
    ],
)
def test_a_question_with_anything_more_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(ForbiddenCommand):
        check_query(arguments)


def test_a_refusal_shows_the_words_so_that_they_can_be_told_apart() -> None:
    with pytest.raises(ForbiddenCommand, match=r"`docker volume rm 'a b; rm -rf ~' ''` is not a known query"):
        check_query(("volume", "rm", "a b; rm -rf ~", ""))
