"""What is said of a history beside the base branch's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from migrations_tools.provenance import Revision
from migrations_tools.review import assessment
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Allowance
from migrations_tools.review.lineage import BaseHistory, Lineage, heads_of, read_file, same_program
from migrations_tools.revision_runs import Executed
from tests.support.trips import told


def revision(name: str, *down: str, body: str = "pass", file: str = "") -> Revision:
    source = f'"""x"""\nrevision = "{name}"\ndown_revision = {list(down)!r}\n\n\ndef upgrade():\n    {body}\n'
    return Revision(name, down, file or f"{name}.py", "x", source)


A, B, C = revision("a"), revision("b", "a"), revision("c", "b")
BASE = BaseHistory("main", (A, B), (A, B))


def lineage(now: Sequence[Revision], base: BaseHistory | None = BASE, new: str = "c") -> Lineage:
    return Lineage(tuple(now), frozenset(new.split()), heads_of(now), base=base)


def found(given: Lineage) -> list[str]:
    return told(assessment.measured(ReviewContext(lineage=given)).findings)


def test_a_new_revision_on_the_head_of_the_base_branch_is_not_mentioned() -> None:
    assert found(lineage([A, B, C])) == []
    assert found(lineage([A, B, C], None)) == []


def test_two_heads_are_an_error_unless_the_base_branch_has_them_or_labels_tell_them_apart() -> None:
    other = revision("d", "b")
    several = lineage([A, B, C, other], new="c d")
    assert found(several) == ["HX01 error c, d d.py:1"]
    assert found(replace(several, labels={"c": ("billing",)})) == []
    of_old = replace(several, base=BaseHistory("main", (A, B, C, other), (A, B, C, other)), reviewed=frozenset())
    assert found(of_old) == ["HX01 warn c, d d.py:1"]


def test_a_revision_that_stands_on_what_is_no_head_of_the_base_branch_any_more_is_one_error() -> None:
    beside = revision("c", "a")
    assert found(lineage([A, beside], new="c")) == ["HX02 error c c.py:3"]
    assert found(lineage([A, B, beside], new="c")) == ["HX02 error c c.py:3"]


def test_a_merge_that_takes_the_head_in_as_well_stands_on_it() -> None:
    base = BaseHistory("main", (A, B), (A, B))
    assert found(lineage([A, B, revision("m", "a", "b")], base, "m")) == []


def test_a_released_revision_that_does_something_else_is_an_error_where_it_differs() -> None:
    edited = revision("b", "a", body="op.drop_table('x')")
    assert found(lineage([A, edited, C])) == ["HX03 error b.py b.py:7"]


def test_comments_blank_lines_and_docstrings_of_a_released_revision_may_change() -> None:
    said = replace(B, source='"""another"""\n# why\n\n' + B.source.partition("\n")[2])
    assert found(lineage([A, said, C])) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a = 1", "a = 1  # one", True),
        ("a = 1", "a = 2", False),
        ("a = (", "a = (", True),
        ("a = (", "b = (", False),
        ("def f():\n    'x'", "def f():\n    'y'", True),
    ],
)
def test_programs_are_compared_by_what_they_do(one: str, other: str, same: bool) -> None:
    assert same_program(one, other) is same


def test_two_files_of_one_id_collide_also_with_one_that_only_the_base_branch_has() -> None:
    twin = revision("c", "b", file="twin.py")
    assert found(lineage([A, B, C, twin])) == ["HX05 error c twin.py:1"]
    # Alembic gives such a head twice.
    assert found(replace(lineage([A, B, C, twin], None), heads=("c", "c"))) == ["HX05 error c twin.py:1"]
    away = replace(BASE, tip=(A, B, replace(C, file="theirs.py")))
    assert "HX05 error c c.py:1" in found(lineage([A, B, C], away))


def test_file_names_that_differ_in_capitals_alone_collide() -> None:
    assert found(lineage([A, B, replace(C, file="B.py")])) == ["HX05 error b.py B.py:1"]


def test_a_collision_of_old_files_is_not_this_changes() -> None:
    assert found(lineage([A, B, revision("b", "a", file="z.py"), C])) == []


def test_what_env_py_makes_from_the_models_is_held_until_it_is_allowed_by_name() -> None:
    facts = ReviewContext(own_tables=("farms",))
    assert told(assessment.review(facts).findings) == ["HX06 hold env.py :0"]
    assert assessment.review(facts, (Allowance("HX06", "env.py"),)).findings == ()


def test_create_all_is_a_note_and_a_warning_beside_stamp() -> None:
    making = "from db import Base\nBase.metadata.create_all(engine)\n"
    starts = {"app/main.py": making, "tests/conftest.py": making}
    assert found(replace(lineage([A, B, C]), starts=starts)) == ["HX06 info app/main.py app/main.py:2"]
    stamped = {"app/main.py": making + "command.stamp(config, 'head')\n"}
    assert found(replace(lineage([A, B, C]), starts=stamped)) == ["HX06 warn app/main.py app/main.py:2"]


def test_a_released_file_that_is_gone_is_an_error_and_an_edited_env_py_a_note() -> None:
    changed = {"db/env.py": "edited", "db/versions/z.py": "deleted", "db/versions/a.py": "edited"}
    given = lineage([A, B, C], replace(BASE, before=(A, B, revision("z")), changed=changed))
    assert found(given) == ["HX07 error db/versions/z.py db/versions/z.py:1", "HX07 info db/env.py db/env.py:1"]


def test_a_beginning_that_is_not_reached_is_an_error_with_its_reason() -> None:
    executed = Executed("c", "c.py", "shop", stopped="Its beginning was not reached: no table x")
    (finding,) = assessment.measured(ReviewContext(executed=executed)).findings
    assert told([finding]) == ["HX04 error c c.py:1"]
    assert finding.evidence == ("Its beginning was not reached: no table x",)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("revision: str = 'b'\ndown_revision: str | None = 'a'\n", ("b", ("a",))),
        ("revision = 'b'\ndown_revision = ('a', 'c')\n", ("b", ("a", "c"))),
        ("revision = 'b'\ndown_revision = None\n", ("b", ())),
        ("revision = make()\n", None),
        ("def broken(:\n", None),
        ("", None),
    ],
)
def test_a_revision_file_is_read_without_running_it(source: str, expected: tuple[str, tuple[str, ...]] | None) -> None:
    read = read_file("b.py", source)
    assert (read and (read.revision, read.down)) == expected
