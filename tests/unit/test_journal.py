from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from migrations_tools.errors import CannotProceed
from migrations_tools.files import partial, sha256, tree_fingerprint, write_whole
from migrations_tools.journal import Journal, Run


def _run(**more: object) -> Run:
    values: dict[str, object] = {
        "id": "1", "project": "shop", "temp_project": "shop_temp", "engine": "compose", "started": 1.5, "token": "t",
    }  # fmt: skip
    return Run(**{**values, **more})  # type: ignore[arg-type]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    run = journal.write(_run(made=(("volume", "shop_data_temp"),), generated=({"path": "a.py"},), hashes={"a": "b"}))
    assert journal.read() == run


def test_a_journal_that_does_not_know_its_engine_is_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.write(_run(endpoint="unix:///var/run/docker.sock", engine_id="id"))
    older = json.loads(journal.path.read_text())
    for name in ("endpoint", "engine_id"):
        del older[name]
    journal.path.write_text(json.dumps(older))
    assert journal.read() == _run()


def test_nothing_is_noted_twice_and_the_order_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    run = journal.will_make(_run(), ("volume", "b"), ("volume", "a"))
    run = journal.will_make(run, ("volume", "a"), ("image", "a"))
    assert run.made == (("volume", "b"), ("volume", "a"), ("image", "a"))
    assert journal.read() == run


def test_the_tools_folder_ignores_itself_in_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    Journal(tmp_path, "_temp").write(_run())
    status = subprocess.run(
        ["git", "-C", tmp_path, "status", "--porcelain"], check=True, capture_output=True, text=True
    )
    assert status.stdout == ""


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 99}'], ids=["empty", "cut off", "a list", "another version"]
)
def test_a_journal_that_cannot_be_read_is_an_error_and_stays(tmp_path: Path, text: str) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.prepare()
    journal.path.write_text(text)
    with pytest.raises(CannotProceed):
        journal.read()
    assert journal.path.read_text() == text


def test_forgetting_leaves_only_the_last_report(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    journal.write(_run())
    own = (journal.override_path, journal.whole_path, journal.error_path)
    for path in (*own, partial(journal.whole_path), journal.report_path, partial(journal.path)):
        path.write_text("x")
    journal.forget()
    assert [path.name for path in journal.folder.iterdir()] == ["last-run.json"]


def test_two_suffixes_have_two_journals(tmp_path: Path) -> None:
    Journal(tmp_path, "_temp").write(_run())
    assert Journal(tmp_path, "_other").read() is None


def test_a_second_process_is_told_who_holds_the_project(tmp_path: Path) -> None:
    code = f"""
        from pathlib import Path
        from migrations_tools.journal import Journal
        with Journal(Path({str(tmp_path)!r}), "_temp").lock("isolate"):
            print("held", flush=True)
            input()
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stdout.readline() == "held\n"
        told = rf"`invoke isolate` \(process {holder.pid}, since"
        with pytest.raises(CannotProceed, match=told), Journal(tmp_path, "_temp").lock("generate"):
            pytest.fail("two processes hold the project")
        holder.kill()
    # The kill gave the lock back: nothing has to be taken over by hand.
    with Journal(tmp_path, "_temp").lock("generate"):
        pass


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
    journal.write(_run())
    assert json.loads(journal.path.read_text())["temp_project"] == "shop_temp"
