"""Which revisions walk the stairway, and what the proof says of them."""

from __future__ import annotations

import pytest

from migrations_tools.catalog import Catalog, Enum
from migrations_tools.errors import CannotProceed
from migrations_tools.proofs import schema, stairway_proofs
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


def test_what_no_downgrade_can_take_back_is_told_and_a_long_list_of_it_cut() -> None:
    walked = [Flight(name, f"{name}.py", "clean", stays=(f"enum {name} keeps 'x'",)) for name in "abcde"]
    proof = stairway_proofs.prove("x", walked, 1)
    assert proof.outcome == PASSED
    assert proof.evidence.partition("; ")[2] == (
        "a: enum a keeps 'x'; b: enum b keeps 'x'; c: enum c keeps 'x'; and 2 more of the kind"
    )


def with_mood(*labels: str) -> Catalog:
    return Catalog(enums=(Enum("public", "mood", labels),))


@pytest.mark.parametrize(
    ("lowered", "again", "outcome", "told"),
    [
        (("good", "bad"), ("good", "bad"), PASSED, "enum mood keeps 'bad': PostgreSQL cannot take a label back"),
        (("bad",), ("good", "bad"), FAILED, "after the downgrade: enum mood is different"),
        (("good", "bad"), ("good", "bad", "ugly"), FAILED, "after the second upgrade: enum mood is different"),
    ],
)
def test_a_new_label_after_a_downgrade_is_no_trace_and_every_other_change_of_a_type_is(
    lowered: tuple[str, ...], again: tuple[str, ...], outcome: str, told: str
) -> None:
    before, after = (
        ({"shop": with_mood("good")}, {"shop": with_mood("good", "bad")}),
        ({"shop": with_mood(*lowered)}, {"shop": with_mood(*again)}),
    )
    proof = schema.round_trip("x", "a1", before, after)
    assert proof.outcome == outcome
    assert told in f"{proof.evidence} {proof.details}"
