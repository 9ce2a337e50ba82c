"""What the tests of isolation share: the case folders, and the machine's Compose program."""

from __future__ import annotations

import pytest

from migrations_tools.engines.docker import Docker
from migrations_tools.engines.features import Features, features
from tests.unit.isolation.folders import CASES, Case, Compose, compose_program


@pytest.fixture(scope="session")
def any_compose() -> Compose:
    """The Compose program under test, whatever it can do."""
    program = compose_program()
    if program is None:
        pytest.skip("no Compose program is installed (neither `docker compose` nor `docker-compose`)")
    return program


@pytest.fixture(scope="session")
def can(any_compose: Compose) -> Features:
    """What that program can do."""
    return features(Docker(compose=any_compose.program))


@pytest.fixture(scope="session")
def compose(any_compose: Compose, can: Features) -> Compose:
    """The program, where it takes a copy in some form."""
    if not can.reset:
        pytest.skip("this Compose program is too old: it is refused")
    return any_compose


@pytest.fixture(scope="session")
def obedient(compose: Compose, can: Features) -> Compose:
    """The program, where it obeys `!override`."""
    if not can.override:
        pytest.skip("this Compose program does not obey !override: it is given one whole file")
    return compose


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
