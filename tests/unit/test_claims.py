"""Two runs that make copies at the same moment: a name is one run's alone, and so are its ports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from migrations_tools.engines import claims
from migrations_tools.errors import CannotProceed

_CLAIMER = """
    import sys
    from pathlib import Path
    from migrations_tools.engines import claims
    with claims.claimed(sys.argv[1], {}, "isolate", Path("/projects/first")) as claim:
        with claims.planning("isolate"):
            claim.note(ports=[int(port) for port in sys.argv[2:]])
            print("claimed", flush=True)
            sys.stdin.readline()
        print("chosen", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep claims of other runs on this machine apart from these."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@contextmanager
def _claiming(copy: str, ports: Sequence[int] = (), chosen: bool = True) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that claims a copy and its ports, and is done choosing them, or not."""
    code = textwrap.dedent(_CLAIMER)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code, copy, *map(str, ports)],
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "claimed\n"
        if chosen:
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "chosen\n"
        yield process
        process.kill()


def _claim(copy: str, **environment: str) -> None:
    with claims.claimed(copy, environment, "isolate", Path("/projects/second")):
        pass


def test_a_second_run_for_a_copy_of_the_same_name_is_told_which_folders_run_makes_it() -> None:
    with _claiming("shop_temp") as first, pytest.raises(CannotProceed) as caught:
        _claim("shop_temp")
    said = caught.value.reasons[0]
    assert said.startswith(f"`invoke isolate` (process {first.pid}, since ")
    assert (
        "in /projects/first) is at work on a copy of the same name, shop_temp; another `suffix` gives another" in said
    )
    _claim("shop_temp")


def test_copies_of_other_names_and_on_other_engines_do_not_meet() -> None:
    with _claiming("shop_temp"):
        _claim("shop_other")
        _claim("shop_temp", DOCKER_HOST="ssh://elsewhere")
        _claim("shop_temp", DOCKER_CONTEXT="elsewhere")


def test_the_ports_of_a_copy_that_is_being_made_are_not_free_for_another_until_its_run_has_ended() -> None:
    assert claims.ports() == frozenset()
    with _claiming("shop_temp", [8001, 5433]), _claiming("kiosk_temp", [9001]):
        assert claims.ports() == {8001, 5433, 9001}
        with claims.claimed("own_temp", {}, "isolate", Path("/own")) as own:
            own.note(ports=[7001])
            assert 7001 not in claims.ports(), "a run is not in its own way"
    assert claims.ports() == frozenset(), "what was killed claims nothing"


def test_who_chooses_ports_while_another_does_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "_PLANNING_SECONDS", 0.2)
    with _claiming("shop_temp", [8001], chosen=False) as first:
        with pytest.raises(CannotProceed, match="is at work on choosing ports"), claims.planning("isolate"):
            pytest.fail("two choose ports at once")
        monkeypatch.setattr(claims, "_PLANNING_SECONDS", 20.0)
        assert first.stdin
        begun = time.monotonic()
        first.stdin.write("\n")
        first.stdin.flush()
        with claims.planning("isolate"):
            assert claims.ports() == {8001}
        assert time.monotonic() - begun < 5


def test_what_a_killed_run_had_claimed_is_cleared_and_what_a_living_one_claims_stays(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "migrations_tools" / "claims"
    with _claiming("shop_temp", (8001,), chosen=False):
        pass
    assert len(list(folder.iterdir())) == 2, "the kill left no records, so that this proves nothing"
    with _claiming("other_temp"):
        claims.clear_dead()
        (kept,) = folder.iterdir()
        assert json.loads(kept.read_text())["folder"] == "/projects/first"
        assert kept.name.startswith("copy-")
    claims.clear_dead()
    assert list(folder.iterdir()) == []


def test_a_claim_of_another_machine_stays_for_nobody_here_can_tell(tmp_path: Path) -> None:
    with claims.claimed("shop_temp", {}, "isolate", tmp_path) as mine:
        path = mine.path
    path.write_text(json.dumps({"task": "isolate", "pid": 1, "host": "the-other-one", "since": 1.5}))
    claims.clear_dead()
    assert path.exists()
