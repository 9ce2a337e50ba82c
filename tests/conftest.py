"""What holds for every test: those that need a Docker engine, the slow ones, run last."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _state_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the state of the projects of a run of the tests in a folder of its own, for subprocesses too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the Docker tests after all others; within both groups the order stays."""
    items.sort(key=lambda item: item.get_closest_marker("docker") is not None)
