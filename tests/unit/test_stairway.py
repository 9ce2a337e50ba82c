"""Which revisions walk the stairway, and what the proof says of them."""

from __future__ import annotations

import pytest

from migrations_tools.errors import CannotProceed
from migrations_tools.proofs import stairway_proofs
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, PASSED
from migrations_tools.proofs.stairway_proofs import Flight
from migrations_tools.provenance import Revision
from migrations_tools.trial.stairway import choose

HISTORY = tuple(
    Revision(name, down, f"{name}.py", "", "")
    for name, down in (("a1", ()), ("b1", ("a1",)), ("b2", ("a1",)), ("c1", ("b1", "b2")), ("d1", ("c1",)))
)

CHOSEN = {
    "all": ((), ["a1", "b1", "b2", "c1", "d1"]),
    "new": ((), ["d1"]),
    "b1..c1": ((), ["b1", "b2", "c1"]),
    "d..d1": ((), ["d1"]),
    "c1..": ((), ["c1"]),
}


@pytest.mark.parametrize("wanted", CHOSEN)
def test_the_wanted_revisions_are_chosen_oldest_first(wanted: str) -> None:
    new, expected = CHOSEN[wanted]
    assert choose(HISTORY, wanted, new) == expected


def test_new_are_those_of_this_run_where_there_are_some() -> None:
    assert choose(HISTORY, "new", ["c1", "d1", "another environment's"]) == ["c1", "d1"]
    assert choose((), "new", []) == []


@pytest.mark.parametrize("wanted", ["c1..a1", "a1..x", "..", "b..c1", "some"])
def test_a_range_that_the_history_does_not_have_is_refused(wanted: str) -> None:
    with pytest.raises(CannotProceed, match="names no range of this history"):
        choose(HISTORY, wanted, [])


def flight(name: str, outcome: stairway_proofs.Outcome, *details: str) -> Flight:
    return Flight(name, f"{name}.py", outcome, details)


def test_a_clean_walk_passes_and_names_what_was_passed_over() -> None:
    proof = stairway_proofs.prove("x", [flight("a", "clean"), flight("b", "irreversible", "no way back")], 1.25)
    assert (proof.outcome, proof.evidence) == (
        PASSED,
        "1 revisions in 1.2 s, on a scratch database; irreversible, passed over: b (b.py)",
    )


def test_everything_that_is_wrong_is_told_and_what_was_not_reached() -> None:
    found = [
        flight("a", "trace", "table t was left behind"),
        flight("b", "failed", "it fails", "why"),
        flight("c", "not reached"),
        flight("d", "not reached"),
    ]
    proof = stairway_proofs.prove("x", found, 1)
    assert (proof.outcome, proof.evidence) == (FAILED, "2 of 4 revisions")
    assert proof.details == (
        "a (a.py): table t was left behind",
        "b (b.py): it fails",
        "b (b.py): why",
        "not reached: 2 revisions from c on",
    )


def test_a_long_list_is_cut_with_its_length() -> None:
    details = [str(number) for number in range(100)]
    assert stairway_proofs.prove("x", [flight("a", "trace", *details)], 1).details[-1] == "and 60 more"


def test_where_nothing_can_be_taken_back_nothing_is_proved() -> None:
    assert stairway_proofs.prove("x", [flight("a", "irreversible", "no")], 1).outcome == NOT_CHECKED
    assert stairway_proofs.prove("x", [], 1).outcome == NOT_CHECKED
