"""Several runs at the same moment on one engine: they never meet, or are told why not."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.minimal_stack import MinimalStack, make_minimal_stack
from tests.support import docker

pytestmark = pytest.mark.docker

_PREFIXES = ("twinstall",)


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[tuple[MinimalStack, MinimalStack]]:
    """Yield two checkouts of one project, as two worktrees are; both know themselves by the same name."""
    found = tuple(make_minimal_stack(tmp_path / folder / "stall", "twinstall", 25000) for folder in ("first", "second"))
    yield found[0], found[1]
    for minimal_stack in found:
        for suffix in ("_left", "_right"):
            done = minimal_stack.invoke("cleanup", suffix=suffix)
            assert done.code == 0, str(done)


def _end(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0, out
    return out


def _until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout
    assert any(words in line for line in process.stdout), f"ended before {words!r}"


def _ports(minimal_stack: MinimalStack, suffix: str) -> set[int]:
    services: list[dict[str, Any]] = minimal_stack.journal(suffix)["plan"]["services"]
    return {int(port["published"]) for service in services for port in service["ports"] if port["published"]}


def test_one_project_twice_at_once_with_two_suffixes_never_meets(twins: tuple[MinimalStack, MinimalStack]) -> None:
    minimal_stack, other = twins
    before = docker.engine(_PREFIXES)
    left = minimal_stack.start("isolate", "generate", "validate", suffix="_left")
    right = minimal_stack.start("isolate", suffix="_right")
    _until(left, "Building the images")
    # Another checkout would make the very same copy: it is told whose run is doing that.
    refused = other.invoke("isolate", suffix="_left")
    assert refused.code == 2, str(refused)
    place = re.escape(str(minimal_stack.root))
    said = rf"`invoke isolate` \(process {left.pid}, since [^,]*, in {place}\) is at work on a copy"
    assert re.search(said, refused.err), str(refused)
    _end(right)
    out = _end(left)
    assert "The fresh install works" in out
    # The copy stands by now, and is still not the other checkout's.
    refused = other.invoke("isolate", suffix="_left")
    assert refused.code == 2, str(refused)
    assert "belongs to a Compose project twinstall_left that this folder's journal does not know" in refused.err
    assert "Run `invoke cleanup` in the folder that made it, or set another `suffix`." in refused.err
    assert other.journal("left") == {}
    assert not _ports(minimal_stack, "left") & _ports(minimal_stack, "right")
    assert len(docker.containers_of("twinstall_right")) == len(docker.containers_of("twinstall_left")) == 3
    _both_go(minimal_stack)
    assert docker.lasting_differences(before, _PREFIXES) == []


def _both_go(minimal_stack: MinimalStack) -> None:
    gone = minimal_stack.start("cleanup", suffix="_left")
    standing = docker.containers_of("twinstall_right")
    _end(gone)
    assert docker.containers_of("twinstall_right").keys() == standing.keys()
    assert docker.containers_of("twinstall_left") == {}
    _end(minimal_stack.start("cleanup", suffix="_right"))
