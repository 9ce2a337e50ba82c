"""The guard: what it lets through, and thousands of argument lists that it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_tools.engines.guard import Scope, check_change, check_query
from migrations_tools.errors import ForbiddenCommand

OPTIONS = (
    "--project-directory",
    "/p",
    "--file",
    "/p/docker-compose.yml",
    "--file",
    "/p/.migrations_tools/temp/override.yaml",
)
MADE = {
    ("container", "api_temp"), ("volume", "shop_data_temp"), ("volume", "f" * 64), ("network", "shop-net_temp"),
    ("image", "shop-api_temp:latest"), ("image", "sha256:" + "a" * 64),
}  # fmt: skip
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


WORDS = st.sampled_from(
    [
        *OWN, "up", "down", "rm", "volume", "network", "image", "container", "system", "prune", "stop", "kill", "exec",
        "run", "--force", "-f", "--volumes", "-v", "--all", "--", "--detach", "--no-build", "--remove-orphans",
        "--no-start", "start",
        "--timeout", "0", "--interactive", "shop", "shop_data", "api_temp", "shop_data_temp", "shop-net_temp",
        "shop-api_temp:latest", "; rm -rf ~", "$(id)", "--help", "", "--name", "--entrypoint", "sh", "api",
        "f" * 64, "e" * 64,
    ]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=6), max_size=14))
def test_no_random_argument_list_touches_what_is_not_in_the_journal(arguments: list[str]) -> None:
    try:
        check_change(arguments, SCOPE)
    except ForbiddenCommand:
        return
    # What passed removes only what the journal knows, or is one of this run's own Compose commands.
    if arguments[0] == "compose":
        assert arguments[1:3] == ["--project-name", "shop_temp"]
        assert not {"--volumes", "-v"} & set(arguments[: arguments.index("--") if "--" in arguments else None])
        assert ("down" in arguments) == (arguments[3] == "down")
    elif arguments[0] == "exec":
        assert "api_temp" in arguments[:5]
    else:
        kind = "container" if arguments[0] == "rm" else arguments[0]
        names = [word for word in arguments[1:] if word not in ("rm", "--force")]
        assert names
        assert all((kind, name) in MADE for name in names)


@given(st.lists(WORDS | st.text(max_size=6), max_size=10))
def test_no_query_changes_anything(arguments: list[str]) -> None:
    try:
        check_query(arguments)
    except ForbiddenCommand:
        return
    verbs = {"version", "info", "ps", "inspect", "logs"}
    assert arguments[0] in verbs or arguments[1] in {"ls", "inspect", "version"} or "config" in arguments
