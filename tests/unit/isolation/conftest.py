"""What the tests of isolation share: the case folders, and the machine's Compose program."""

from __future__ import annotations

import pytest

from migrations_tools.engines.probe_docker import OLDEST_COMPOSE
from tests.unit.isolation.folders import CASES, Case, Compose, compose_program, version_of


@pytest.fixture(scope="session")
def compose() -> Compose:
    """The Compose program under test."""
    program = compose_program()
    if program is None:
        pytest.skip("no Compose program is installed (neither `docker compose` nor `docker-compose`)")
    if version_of(program.program) < OLDEST_COMPOSE:
        pytest.skip("this Compose program is too old: it is refused")
    return program


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives every test that asks for `case`, `good_case` or `refused_case` the folders it is about."""
    cases = [Case(folder) for folder in sorted(CASES.iterdir()) if folder.is_dir()]
    chosen = {
        "case": cases,
        "good_case": [case for case in cases if not case.refused],
        "refused_case": [case for case in cases if case.refused],
    }
    for name in set(chosen) & set(metafunc.fixturenames):
        metafunc.parametrize(name, chosen[name], ids=[case.folder.name for case in chosen[name]])
