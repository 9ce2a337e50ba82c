from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from migrations_tools import process_lock
from migrations_tools.errors import CannotProceed
from migrations_tools.files import partial, sha256, tree_fingerprint, write_whole
from migrations_tools.journal import Journal, Run
from tests.support.embedded import open_folder


def _run(**more: object) -> Run:
    values: dict[str, object] = {
        "id": "1",
        "project": "shop",
        "temp_project": "shop_temp",
        "engine": "compose",
        "started": 1.5,
        "token": "t",
    }
    return Run(**{**values, **more})  # type: ignore[arg-type]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(run := _run(made=(("volume", "shop_data_temp"),), generated=({"path": "a.py"},), hashes={"a": "b"}))
    assert journal.read() == run


def test_a_journal_that_does_not_know_its_engine_is_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(_run(endpoint="unix:///var/run/docker.sock", engine_id="id"))
    older = json.loads(journal.path.read_text())
    for name in ("endpoint", "engine_id"):
        del older[name]
    journal.path.write_text(json.dumps(older))
    assert journal.read() == _run()


def test_nothing_is_noted_twice_and_the_order_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(_run())
    journal.will_make(("volume", "b"), ("volume", "a"))
    journal.will_make(("volume", "a"), ("image", "a"))
    assert journal.run.made == (("volume", "b"), ("volume", "a"), ("image", "a"))
    assert Journal(tmp_path, "_temp").read() == journal.run


def test_a_run_is_there_once_it_was_begun_or_read_and_until_it_is_forgotten(tmp_path: Path) -> None:
    journal, other = Journal(tmp_path, "_temp"), Journal(tmp_path, "_temp")
    with pytest.raises(CannotProceed, match=r"No temp stack stands\."):
        _ = journal.run
    journal.begin(_run())
    assert other.read() == other.run == journal.run
    journal.forget()
    for each in (journal, other):
        assert each.read() is None
        with pytest.raises(CannotProceed, match=r"No temp stack stands\."):
            _ = each.run


def test_threads_that_change_the_run_at_once_lose_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(_run())

    def change(number: int) -> None:
        journal.will_make(("volume", f"v{number}_temp"))
        journal.update(**({"stage": "busy"} if number % 2 else {"built_from": "f"}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(40)))
    assert sorted(journal.run.names("volume")) == sorted(f"v{number}_temp" for number in range(40))
    assert (journal.run.stage, journal.run.built_from) == ("busy", "f")
    assert Journal(tmp_path, "_temp").read() == journal.run


def test_nothing_is_written_into_the_project(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    with journal.lock("isolate"):
        journal.begin(_run())
    assert list(tmp_path.iterdir()) == []
    assert [path.stat().st_mode & 0o777 for path in (journal.folder.parent, journal.folder)] == [0o700] * 2
    assert {path.stat().st_mode & 0o777 for path in journal.folder.parent.rglob("*.json")} == {0o600}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[" * 100_000, id="without end"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"version": 99}', id="another version"),
        pytest.param(b'{"name": "x"}', id="something else"),
        pytest.param(b'{"version": 1}', id="nothing in it"),
    ],
)
def test_a_journal_that_cannot_be_read_is_an_error_and_stays(tmp_path: Path, content: bytes) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.prepare()
    journal.path.write_bytes(content)
    with pytest.raises(CannotProceed) as caught:
        journal.read()
    assert str(journal.path) in caught.value.reasons[0]
    assert "Nothing was touched" in caught.value.tip
    assert journal.path.read_bytes() == content


@pytest.mark.parametrize(
    "changes",
    [
        {"made": [["volume"]]},
        {"made": 5},
        {"made": None},
        {"token": None},
        {"temp_project": 7},
        {"steps": 1},
        {"unknown": 1},
        {"compose_files": None},
    ],
    ids=repr,
)
def test_a_journal_of_the_wrong_form_is_an_error_and_stays(tmp_path: Path, changes: dict[str, object]) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(_run())
    text = json.dumps({**json.loads(journal.path.read_text()), **changes})
    journal.path.write_text(text)
    with pytest.raises(CannotProceed, match="is not as this tool writes it"):
        journal.read()
    assert journal.path.read_text() == text


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.999])
def test_a_journal_that_was_cut_off_anywhere_is_an_error(tmp_path: Path, cut: float) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(_run(made=tuple(("volume", f"v{number}_temp") for number in range(50))))
    content = journal.path.read_bytes()
    journal.path.write_bytes(content[: int(len(content) * cut)])
    with pytest.raises(CannotProceed, match="cannot be read"):
        journal.read()


def test_a_copy_of_a_projects_folder_has_a_state_of_its_own(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    Journal(first, "_temp").begin(_run())
    shutil.copytree(first, second)
    assert Journal(second, "_temp").read() is None
    assert Journal(first, "_temp").read() == _run()


def test_a_journal_goes_with_a_folder_that_is_moved_and_is_the_same_by_way_of_a_link(tmp_path: Path) -> None:
    first, second, link = tmp_path / "first", tmp_path / "second", tmp_path / "link"
    first.mkdir()
    link.symlink_to(first)
    Journal(link, "_temp").begin(_run())
    assert Journal(first, "_temp").read() == Journal(link, "_temp").read() == _run()
    first.rename(second)
    assert Journal(second, "_temp").read() == _run()
    second.rename(first)
    with Journal(first, "_temp").lock("cleanup"):
        assert Journal(first, "_temp").read() == _run()


def test_a_new_folder_in_the_place_of_a_moved_one_has_no_run_of_its_own(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    Journal(first, "_temp").begin(_run())
    first.rename(second)
    assert Journal(second, "_temp").read() == _run()
    first.mkdir()
    assert Journal(first, "_temp").read() is None


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("what", ["link", "dangling link", "file"])
def test_a_folder_that_is_none_is_refused_and_nothing_behind_it_is_touched(
    tmp_path: Path, level: int, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    root.mkdir()
    journal = Journal(root, "_temp")
    instead = (journal.folder.parent, journal.folder)[level]
    instead.parent.mkdir(parents=True)
    if what == "file":
        instead.write_text("mine")
    else:
        instead.symlink_to(elsewhere)
    if what == "link":
        elsewhere.mkdir()
    before = _contents(tmp_path)
    for action in (journal.read, journal.prepare, lambda: journal.begin(_run())):
        with pytest.raises(CannotProceed) as caught:
            action()
        assert str(instead) in caught.value.reasons[0]
    with pytest.raises(CannotProceed), journal.lock("isolate"):
        pytest.fail("locked behind a link")
    assert _contents(tmp_path) == before


def test_a_state_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid():
        pytest.skip("only root can make a folder of somebody else's")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    journal = Journal(tmp_path / "project", "_temp")
    journal.prepare()
    _give_to(_NOBODY, journal.folder)
    with pytest.raises(CannotProceed, match="belongs to another user"):
        journal.read()


def test_the_state_lies_where_the_machine_keeps_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, programs = tmp_path / "home", tmp_path / "programs"
    (home / "shop").mkdir(parents=True)
    programs.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(programs))

    def place() -> str:
        return str(Journal(home / "shop", "_temp").folder.parent.parent)

    monkeypatch.setenv("XDG_STATE_HOME", "not/absolute")
    monkeypatch.setattr(sys, "platform", "linux")
    assert place() == str(home / ".local" / "state" / "migrations_tools")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert place() == str(home / "Library" / "Application Support" / "migrations_tools")
    (programs / "docker").symlink_to("/usr/bin/snap")
    monkeypatch.setattr(shutil, "which", lambda name: str(programs / name))
    assert place() == str(home / "snap" / "docker" / "common" / "migrations_tools")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert place() == str(tmp_path / "xdg" / "migrations_tools")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    assert f"migrations_tools-{os.geteuid()}-state" in place()


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_forgetting_leaves_only_the_last_report(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(_run())
    own = (journal.override_path, journal.error_path)
    for path in (*own, partial(journal.override_path), journal.report_path, partial(journal.path)):
        path.write_text("x")
    journal.forget()
    assert [path.name for path in journal.folder.iterdir()] == ["last-run.json"]


def test_two_suffixes_have_two_journals(tmp_path: Path) -> None:
    Journal(tmp_path, "_temp").begin(_run())
    assert Journal(tmp_path, "_other").read() is None


def test_no_two_suffixes_share_a_folder(tmp_path: Path) -> None:
    suffixes = ["_temp", "-temp", "_temp-a", "_temp_a", "_a", "-a"]
    assert len({Journal(tmp_path, suffix).folder for suffix in suffixes}) == len(suffixes)


def test_runs_with_several_suffixes_begin_at_once_in_a_new_folder(tmp_path: Path) -> None:
    def begin(place: tuple[int, int]) -> None:
        journal = Journal(tmp_path / str(place[0]), f"_{place[1]}")
        with journal.lock("isolate"):
            journal.begin(_run())

    places = [(root, suffix) for root in range(30) for suffix in range(8)]
    for root in range(30):
        (tmp_path / str(root)).mkdir()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, places))
    journals = [Journal(tmp_path / str(root), f"_{suffix}") for root, suffix in places]
    assert [journal.read() for journal in journals] == [_run()] * len(places)
    states = {journal.folder.parent for journal in journals}
    assert len(states) == 30
    assert {len(list(state.glob("*.json"))) for state in states} == {1}
    assert [path for state in states for path in state.rglob("*.part")] == []


# --- on disk, whole --------------------------------------------------------------------------------------------------


def _name_of(handle: int) -> str:
    return str(Path(f"/proc/self/fd/{handle}").readlink())


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to tell which file is synced")
def test_a_file_is_on_disk_before_it_has_its_name_and_its_name_before_anybody_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, "_temp")
    synced: list[tuple[str, bool]] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append((_name_of(handle), journal.path.exists()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    journal.begin(_run())
    state, folder = journal.folder.parent, journal.folder
    # The new folders' names, then the bytes while the name is not taken, then the name.
    assert [each for each in synced if each[0] == str(state)][:1] == [(str(state), False)]
    assert synced[-2:] == [(str(partial(journal.path)), False), (str(folder), True)]


def _limited(folder: Path, most: int, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process whose files cannot grow over a size, as on a disk without room."""
    lines = (
        "import resource, sys; from pathlib import Path; from migrations_tools.journal import *",
        "from migrations_tools.errors import CannotProceed; from tests.unit.test_journal import _run",
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))",
        f"journal = Journal(Path({str(folder)!r}), '_temp')",
    )
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, textwrap.dedent(code)])],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


_GROW = """
    try:
        journal.begin(_run(made=tuple(("volume", f"v{number}_temp") for number in range(5000))))
    except CannotProceed as error:
        print(error.reasons[0], error.tip, sep="\\n")
"""


def test_a_disk_without_room_leaves_the_journal_whole_and_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(_run())
    before = _contents(tmp_path)
    done = _limited(tmp_path, 4096, _GROW)
    assert f"The journal {journal.path} cannot be written: File too large." in done.stdout, done
    assert "What stood there before is whole" in done.stdout
    assert done.stderr == ""
    assert _contents(tmp_path) == before
    assert journal.read() == _run()


def test_without_any_room_a_task_still_holds_the_project(tmp_path: Path) -> None:
    Journal(tmp_path, "_temp").begin(_run())
    done = _limited(tmp_path, 0, "with journal.lock('cleanup'): print(journal.read().id)")
    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder for state on a disk of its own, of a few pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a disk")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_journal_whole_until_there_is_room_again(small_disk: Path) -> None:
    journal = Journal(small_disk, "_temp")
    journal.begin(run := _run())
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    before = journal.path.read_bytes()
    with journal.lock("cleanup"):
        more = [("volume", f"v{number}_temp") for number in range(500)]
        with pytest.raises(CannotProceed, match=r"journal\.json cannot be written: No space left on device\."):
            journal.will_make(*more)
        assert journal.run == run, "what is not on disk is not made"
        with pytest.raises(CannotProceed, match=r"journal\.json cannot be written: No space left on device\."):
            journal.was_made(*more)
        assert journal.run.made == tuple(more), "what is there is removed all the same"
        journal.was_made(*more)
        assert journal.path.read_bytes() == before
        assert sorted(path.name for path in journal.folder.iterdir()) == ["journal.json", "lock"]
        filler.unlink()
        journal.update(stage="failed")
        assert journal.read() == replace(run, made=tuple(more), stage="failed")


_NOBODY = 65534


def _give_to(user: int, *paths: Path) -> None:
    for path in paths if os.geteuid() == 0 else ():
        os.chown(path, user, -1)


@contextmanager
def _without_rights() -> Iterator[None]:
    """Run the block as somebody who may not write into other people's folders."""
    if os.geteuid():
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_to_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_folder() as root:
        monkeypatch.setenv("XDG_STATE_HOME", str(root / "state"))
        journal = Journal(root, "_temp")
        journal.begin(run := _run())
        process_lock.holder(journal.lock_path)
        own = (root / "state", *reversed(journal.folder.parents[:2]), journal.folder)
        _give_to(_NOBODY, *own, journal.path)
        for folder in own:
            folder.chmod(0o555)
        with _without_rights():
            assert journal.read() == run
            with pytest.raises(CannotProceed, match=r"journal\.json cannot be written: Permission denied\."):
                journal.begin(_run(id="2"))
            with (
                pytest.raises(CannotProceed, match=r"lock cannot be taken: Permission denied\."),
                journal.lock("isolate"),
            ):
                pytest.fail("locked without a lock")
            with pytest.raises(CannotProceed, match=r"other cannot be made: Permission denied\."):
                Journal(root, "_other").prepare()
        _give_to(os.geteuid(), *own, journal.path)
        assert journal.read() == run
        for folder in own:
            folder.chmod(0o755)


def test_what_a_link_in_place_of_the_part_leads_to_is_not_written(tmp_path: Path) -> None:
    path, victim = tmp_path / "a.yaml", tmp_path / "victim"
    victim.write_text("kept")
    partial(path).symlink_to(victim)
    write_whole(path, "new")
    assert (path.read_text(), victim.read_text()) == ("new", "kept")
    assert not path.is_symlink()


def test_a_file_is_written_whole_with_its_mode_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    write_whole(path, "é\r\n", mode=0o600)
    assert path.read_bytes() == "é\r\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_fingerprint_of_a_tree_tells_changes_and_passes_over_caches(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("a = 1")
    before = tree_fingerprint([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "models.pyc").write_text("x")
    assert tree_fingerprint([tmp_path]) == before
    (tmp_path / "models.py").write_text("a = 12")
    assert tree_fingerprint([tmp_path]) != before


def test_a_missing_file_has_a_fingerprint_that_says_so(tmp_path: Path) -> None:
    assert sha256(tmp_path / "none") == "missing"


def test_the_journal_is_json_that_people_can_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.begin(_run())
    assert json.loads(journal.path.read_text())["temp_project"] == "shop_temp"
