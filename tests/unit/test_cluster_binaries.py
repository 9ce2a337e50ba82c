"""Which PostgreSQL is taken when there are several, one or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrations_tools.engines.cluster import binaries as module
from migrations_tools.engines.cluster.binaries import extensions, find_binaries
from migrations_tools.errors import CannotProceed
from migrations_tools.images import Image
from migrations_tools.sandbox.local.embedded import differences


def install(place: Path, version: str) -> Path:
    folder = place / version / "bin"
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) {version} (Somewhere 1.2)"\n')
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a machine that has what is installed in `machine/` and wheels in `wheel/`."""
    monkeypatch.setattr(module, "_INSTALLED", (f"{tmp_path}/machine/*/bin",))
    monkeypatch.setattr(module, "_pg_config_folder", lambda: None)
    monkeypatch.setattr(module, "wheel_folders", lambda: sorted((tmp_path / "wheel").glob("*/bin"), reverse=True))
    return tmp_path


CASES = [
    pytest.param(["machine/14.2", "machine/16.1"], None, "machine/16.1", id="the newest on the machine"),
    pytest.param(["machine/9.6.1", "machine/16.1"], None, "machine/16.1", id="nine is not newer than sixteen"),
    pytest.param(["machine/15.3", "wheel/18.4"], None, "machine/15.3", id="the machine before a newer wheel"),
    pytest.param(["wheel/16.9", "wheel/18.4"], None, "wheel/18.4", id="the newest wheel where there is nothing else"),
    pytest.param(["machine/15.3", "wheel/16.9"], 16, "wheel/16.9", id="the wanted version, even from a wheel"),
    pytest.param(["machine/16.3", "wheel/16.9"], 16, "machine/16.3", id="the wanted version of the machine first"),
    pytest.param(["machine/15.3", "wheel/18.4"], 17, "machine/15.3", id="the newest when nobody has the wanted one"),
    pytest.param(["machine/19devel"], None, "machine/19devel", id="a development version"),
]


@pytest.mark.parametrize(("installed", "wanted", "expected"), CASES)
def test_the_choice(machine: Path, installed: list[str], wanted: int | None, expected: str) -> None:
    for name in installed:
        place, version = name.split("/")
        install(machine / place, version)
    assert find_binaries("", wanted).folder == machine / expected / "bin"


def test_the_setting_goes_before_everything(machine: Path) -> None:
    install(machine / "machine", "18.1")
    asked_for = install(machine / "own", "14.9")
    found = find_binaries(str(asked_for), 18)
    assert (found.folder, found.major, found.version, found.source) == (asked_for, 14, "14.9", "setting")


@pytest.mark.parametrize("version", ["", "9.6.24"])
def test_a_setting_that_leads_nowhere_or_too_far_back_is_an_error_and_no_fallback(machine: Path, version: str) -> None:
    install(machine / "machine", "18.1")
    folder = install(machine / "own", version) if version else machine / "own"
    with pytest.raises(CannotProceed, match="own"):
        find_binaries(str(folder))


def test_none_at_all_names_the_command_that_mends_it(machine: Path) -> None:
    with pytest.raises(CannotProceed) as error:
        find_binaries("")
    assert 'pip install "migrations-tools[embedded]"' in error.value.tip


def test_programs_that_do_not_run_are_passed_over(machine: Path) -> None:
    broken = install(machine / "machine", "18.1")
    (broken / "postgres").write_text("#!/bin/sh\nexit 1\n")
    install(machine / "machine", "15.1")
    assert find_binaries("").major == 15


@pytest.mark.parametrize("share", ["share/extension", "share/postgresql/extension", "share/postgresql@16/extension"])
def test_extensions_are_looked_up_where_installations_have_them(machine: Path, share: str) -> None:
    found = find_binaries(str(install(machine / "own", "16.1")))
    assert extensions(found) is None
    for name in ("plpgsql", "postgis"):
        (machine / "own" / "16.1" / share).mkdir(parents=True, exist_ok=True)
        (machine / "own" / "16.1" / share / f"{name}.control").touch()
    assert extensions(found) == {"plpgsql", "postgis"}


def test_what_differs_from_the_image_of_the_compose_file_is_told(machine: Path) -> None:
    found = find_binaries(str(install(machine / "own", "16.1")))
    assert differences(found, Image(16, ("postgis",))) == []  # what it has is not known
    (machine / "own" / "16.1" / "share" / "extension").mkdir(parents=True)
    (machine / "own" / "16.1" / "share" / "extension" / "plpgsql.control").touch()
    assert differences(found, Image()) == []
    major, lacking = differences(found, Image(17, ("postgis", "plpgsql")))
    assert major == "the Compose file names PostgreSQL 17, the embedded server is 16"
    assert lacking.startswith("the Compose file's image is one for postgis, which the embedded server does not have: ")
    assert "`engine: compose`" in lacking
