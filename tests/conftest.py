"""What holds for every test: those that need a Docker engine, the slow ones, run last."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the Docker tests after all others; within both groups the order stays."""
    items.sort(key=lambda item: item.get_closest_marker("docker") is not None)
