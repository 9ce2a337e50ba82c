"""What a Compose program can do is tried on it: the real one, and stand-ins for older ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest

from migrations_tools.discovery.project import Project
from migrations_tools.engines.docker import Docker
from migrations_tools.engines.features import Features, features
from migrations_tools.errors import CannotProceed
from migrations_tools.sandbox.compose.compose_file import find_features
from migrations_tools.sandbox.compose.copy import Original
from tests.support.older import BEFORE_OVERRIDE, BEFORE_RESET, make_older
from tests.unit.isolation.folders import Compose

Older = Callable[..., Docker]


@pytest.fixture
def older(compose: Compose, tmp_path: Path) -> Older:
    """Return what makes a stand-in in front of the Compose program under test."""

    def make(tags: Sequence[str], refuses: bool = False) -> Docker:
        program = compose.program
        if program[-1] == "compose":
            shim = make_older(tmp_path / "docker", program[:-1], tags, refuses=refuses)
            return Docker(compose=(str(shim), "compose"))
        return Docker(compose=(str(make_older(tmp_path / "docker-compose", program, tags, refuses=refuses)),))

    return make


def test_the_program_under_test_takes_a_copy_in_one_form_or_is_refused(
    any_compose: Compose, can: Features, record_property: Callable[[str, object], None]
) -> None:
    original = Original(Docker(compose=any_compose.program), (), {}, cast("Project", None))
    if can.reset:
        record_property("mode", "override" if can.override else "rendered")
        assert find_features(original) == can
        return
    record_property("mode", "refused")
    with pytest.raises(CannotProceed, match="obeys neither"):
        find_features(original)


def test_a_program_that_ignores_override_without_a_word_is_found_out(older: Older) -> None:
    found = features(older(BEFORE_OVERRIDE))
    assert found == Features(override=False, reset=True)
    assert found.words() == "not obeyed: the copy is written as one whole file"


def test_a_program_that_refuses_override_may_take_one_whole_file(older: Older) -> None:
    found = features(older(BEFORE_OVERRIDE, refuses=True))
    assert (found.override, found.reset) == (False, True)
    assert "could not determine a constructor for the tag !override" in "\n".join(found.said)


def test_a_program_that_ignores_both_tags_is_too_old(older: Older) -> None:
    found = features(older(BEFORE_RESET))
    assert found == Features(override=False, reset=False)
    assert found.words() == "not obeyed: too old"


def test_a_program_that_refuses_both_tags_is_not_taken_and_its_words_are_kept(older: Older) -> None:
    found = features(older(BEFORE_RESET, refuses=True))
    assert not found.override
    assert not found.reset
    assert [line.rpartition(" ")[2] for line in found.said] == ["!override", "!reset"]
