"""The original as it runs: what the labels of its containers say, and which stack is the project's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.engines.compose import compose_options
from migrations_tools.engines.machine import declared
from migrations_tools.engines.running_stack import Running, as_it_runs, of_this_project, only_one_within, stacks_of
from migrations_tools.isolation import LABEL
from migrations_tools.settings import Settings

_LABEL = "com.docker.compose.project"


def _container(project: str, service: str, files: str, status: str = "running", **more: str) -> dict[str, Any]:
    labels = {
        _LABEL: project,
        "com.docker.compose.service": service,
        "com.docker.compose.oneoff": "False",
        f"{_LABEL}.config_files": files,
        f"{_LABEL}.working_dir": str(Path(files.partition(",")[0]).parent),
        **more,
    }
    return {"State": {"Status": status}, "Config": {"Labels": labels}}


def _stack(project: str, *files: Path, env_files: tuple[Path, ...] = ()) -> Running:
    return Running(project, files[0].parent, files, env_files, frozenset({"api"}))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder in which Compose files exist."""
    for name in ("compose.yaml", "compose.dev.yaml", "monitoring.yaml", "dev.env", "ops/compose.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("services: {}\n")
    return tmp_path


def _name(name: str = "shop") -> Any:
    return lambda: name


def _never_asked() -> str:
    raise AssertionError("the name was asked for, for which the files would have to be loaded")


# --- what the labels say ---------------------------------------------------------------------------------------------


def test_a_stack_is_read_from_the_labels_of_its_newest_container() -> None:
    environment = {f"{_LABEL}.environment_file": "/shop/dev.env"}
    found = stacks_of(
        [
            _container("shop", "api", "/shop/compose.yaml,/shop/compose.dev.yaml", **environment),
            _container("shop", "db", "/shop/compose.yaml"),
            _container("shop", "migrate", "/shop/compose.yaml", "exited"),
            _container("other", "web", "/other/compose.yaml", "exited"),
        ]
    )
    files = (Path("/shop/compose.yaml"), Path("/shop/compose.dev.yaml"))
    assert found == (
        Running("shop", Path("/shop"), files, (Path("/shop/dev.env"),), frozenset({"api", "db"})),
        Running("other", Path("/other"), (Path("/other/compose.yaml"),), (), frozenset()),
    )


def test_copies_one_off_containers_and_what_only_has_the_label_of_its_image_are_no_part_of_a_stack() -> None:
    from_an_image = {"State": {"Status": "running"}, "Config": {"Labels": {_LABEL: "shop"}}}
    one_off = {"com.docker.compose.oneoff": "True"}
    containers = [
        from_an_image,
        _container("shop", "api", "/shop/compose.yaml", **one_off),
        _container("shop_temp", "api", "/shop/compose.yaml", **{LABEL: "shop_temp"}),
    ]
    assert stacks_of(containers) == ()


# --- which stack is ours ---------------------------------------------------------------------------------------------


def test_the_only_stack_of_the_same_file_is_ours_whatever_it_is_called(root: Path) -> None:
    found = ComposeFiles((root / "compose.yaml",), root, "found")
    renamed = _stack("demo", root / "compose.yaml", root / "compose.dev.yaml")
    elsewhere = _stack("shop", Path("/elsewhere/compose.yaml"))
    assert of_this_project([elsewhere, renamed], found, "", _never_asked) == renamed


def test_of_several_stacks_the_one_of_the_name_is_ours(root: Path) -> None:
    found = ComposeFiles((root / "compose.yaml",), root, "found")
    other_file = _stack("shop", root / "compose.dev.yaml")
    monitoring = _stack("monitoring", root / "monitoring.yaml")
    renamed = _stack("demo", root / "compose.yaml")
    assert of_this_project([other_file, monitoring], found, "", _name()) == other_file
    assert of_this_project([monitoring, renamed], found, "", _name()) == renamed
    assert of_this_project([renamed, _stack("test", root / "compose.yaml")], found, "", _name()) is None


def test_a_stack_beside_the_file_that_has_neither_its_name_nor_the_file_is_not_ours(root: Path) -> None:
    found = ComposeFiles((root / "compose.yaml",), root, "found")
    assert of_this_project([_stack("monitoring", root / "monitoring.yaml")], found, "", _name()) is None
    assert of_this_project([], found, "", _never_asked) is None


def test_where_the_user_has_set_a_name_no_other_counts(root: Path) -> None:
    found = ComposeFiles((root / "compose.yaml",), root, "found")
    demo, shop = _stack("demo", root / "compose.yaml"), _stack("shop", root / "compose.yaml")
    assert of_this_project([demo], found, "shop", _never_asked) is None
    assert of_this_project([demo, shop], found, "shop", _never_asked) == shop


def test_a_stack_of_another_worktree_is_not_ours(root: Path) -> None:
    found = ComposeFiles((root / "compose.yaml",), root, "found")
    assert of_this_project([_stack("shop", Path("/other/shop/compose.yaml"))], found, "", _never_asked) is None


def test_where_several_folders_have_a_file_the_one_stack_that_runs_says_which_is_meant(root: Path) -> None:
    ops = _stack("shop", root / "ops" / "compose.yaml")
    found = only_one_within([ops, _stack("other", Path("/elsewhere/compose.yaml"))], root)
    assert found is not None
    assert (found.files, found.directory, found.project) == ((root / "ops" / "compose.yaml",), root / "ops", "shop")
    assert only_one_within([ops, _stack("main", root / "compose.yaml")], root) is None
    assert only_one_within([_stack("shop", root / "ops" / "gone.yaml")], root) is None


# --- what it says ----------------------------------------------------------------------------------------------------


def test_the_files_of_the_running_stack_take_the_place_of_those_found(root: Path) -> None:
    found = ComposeFiles((root / "compose.yaml",), root, "found")
    stack = _stack("demo", root / "compose.yaml", root / "compose.dev.yaml", env_files=(root / "dev.env",))
    compose = as_it_runs(found, stack, Settings())
    assert compose.files == stack.files
    assert compose.project == "demo"
    assert compose_options(compose, root, Settings())[-2:] == ("--env-file", str(root / "dev.env"))


def test_what_the_user_has_set_stays(root: Path) -> None:
    found = ComposeFiles((root / "compose.yaml",), root, "the setting `compose_files`")
    stack = _stack("demo", root / "compose.yaml", root / "compose.dev.yaml", env_files=(root / "dev.env",))
    settings = Settings(compose_files=["compose.yaml"], env_files=["other.env"])
    compose = as_it_runs(found, stack, settings)
    assert (compose.files, compose.source, compose.project) == (found.files, found.source, "demo")
    assert compose_options(compose, root, settings)[-2:] == ("--env-file", str(root / "other.env"))


def test_files_that_are_gone_say_nothing_but_the_name(root: Path) -> None:
    found = ComposeFiles((root / "compose.yaml",), root, "found")
    compose = as_it_runs(found, _stack("demo", root / "compose.yaml", root / "gone.yaml"), Settings())
    assert (compose.files, compose.project) == (found.files, "demo")


# --- what profiles would add -----------------------------------------------------------------------------------------


def test_ports_and_names_of_every_profile_count_as_taken() -> None:
    config = {
        "services": {
            "a": {"container_name": "admin", "ports": [{"published": "8000-8002"}, {"target": 80}]},
            "b": {"ports": [{"published": "9000"}]},
        },
        "volumes": {"data": {"name": "shop_data"}},
        "networks": {"default": {"name": "shop_default"}},
    }
    assert declared(config) == (
        frozenset({8000, 8001, 8002, 9000}),
        {"container": {"admin"}, "volume": {"shop_data"}, "network": {"shop_default"}},
    )
    assert declared({}) == (frozenset(), {"container": frozenset(), "volume": frozenset(), "network": frozenset()})
