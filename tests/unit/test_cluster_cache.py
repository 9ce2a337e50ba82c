"""The cache of clusters: one builder at a time, and nothing half-made that stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrations_tools.engines.cluster import cache
from migrations_tools.engines.cluster.account import Account
from migrations_tools.errors import CannotProceed

OWN = Account(os.geteuid(), os.getegid())


def test_the_folder_is_the_configured_one_and_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    folder = cache.cache_folder(OWN)
    assert folder == tmp_path / "xdg" / "migrations_tools"
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("planted", ["writable by all", "a link", "a file"])
def test_a_folder_that_others_could_fill_is_passed_over(
    planted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "temporary_folders", lambda _: [tmp_path / "temporary"])
    place = tmp_path / "migrations_tools"
    if planted == "a link":
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    elif planted == "a file":
        place.touch()
    else:
        place.mkdir()
        place.chmod(0o777)
    assert cache.cache_folder(OWN) == tmp_path / "temporary" / f"migrations_tools-{os.geteuid()}"


def test_without_any_folder_the_error_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(cache, "temporary_folders", lambda _: [])
    with pytest.raises(CannotProceed) as error:
        cache.cache_folder(OWN)
    assert "XDG_CACHE_HOME" in error.value.tip


def test_a_build_removes_what_killed_ones_left_and_what_nobody_uses(tmp_path: Path) -> None:
    (tmp_path / "build-left").mkdir()
    (tmp_path / "build-left" / "data").touch()
    for name in ("old", "new"):
        (tmp_path / name).touch()
    os.utime(tmp_path / "old", (1, 1))
    with cache.building(tmp_path) as aside:
        aside.mkdir()
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted((aside.name, "lock", "new"))
    assert not aside.exists()


def test_a_second_builder_waits_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_LOCK_SECONDS", 0.1)
    with cache.building(tmp_path), pytest.raises(CannotProceed, match="Another process"), cache.building(tmp_path):
        pass


def test_an_entry_that_is_used_stays(tmp_path: Path) -> None:
    (tmp_path / "entry").touch()
    os.utime(tmp_path / "entry", (1, 1))
    cache.mark_used(tmp_path / "entry")
    with cache.building(tmp_path):
        assert (tmp_path / "entry").exists()
