"""The registry of engines: one for each value of the setting, and whoever asks for one learns of no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrations_tools import settings
from migrations_tools.errors import CannotProceed
from migrations_tools.journal import Journal, Run
from migrations_tools.report.console import Console
from migrations_tools.sandbox import select
from migrations_tools.sandbox.local.engine import LocalEngine
from migrations_tools.sandbox.protocol import Engine
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings


def _session(root: Path, engine: str = "auto") -> Session:
    return Session(root, Settings(engine=engine), Journal(root, "_temp"), Console(quiet=True))


def test_the_registry_has_every_engine_that_the_setting_takes() -> None:
    assert {"auto", *select.ENGINES} == set(settings._ENGINES)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        pytest.param("compose", "embedded", id="containers"),
        pytest.param("embedded", "server", id="cluster"),
        pytest.param("server", "embedded", id="server"),
    ],
)
def test_a_run_goes_on_with_the_engine_of_the_journal_whatever_the_setting_says(
    name: str, other: str, tmp_path: Path
) -> None:
    session = _session(tmp_path, other)
    session.journal.begin(Run("1", "shop", "shop_temp", name, 1.5, "t"))
    assert _name(select.of_run(session)) == name
    assert _name(select.choose(session)) == other


def _name(engine: Engine) -> str:
    return engine.provider.name if isinstance(engine, LocalEngine) else "compose"


def test_a_journal_that_names_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    session = _session(tmp_path)
    session.journal.begin(Run("1", "shop", "shop_temp", "podman", 1.5, "t"))
    with pytest.raises(CannotProceed, match="names an engine 'podman', and there is none"):
        select.of_run(session)
