"""What migrations make and models have no words for."""

from __future__ import annotations

import pytest

from migrations_tools.catalog import Difference, is_temporal_alone
from migrations_tools.catalog.model import Constraint


@pytest.mark.parametrize(
    ("actual", "expected", "alone"),
    [
        ("PRIMARY KEY (id, at WITHOUT OVERLAPS)", "PRIMARY KEY (id, at)", True),
        ('UNIQUE (id, "at the" WITHOUT OVERLAPS)', 'UNIQUE (id, "at the")', True),
        (
            'FOREIGN KEY (a, PERIOD "Span") REFERENCES rooms(id, PERIOD at) ON DELETE CASCADE',
            'FOREIGN KEY (a, "Span") REFERENCES rooms(id, at) ON DELETE CASCADE',
            True,
        ),
        ("PRIMARY KEY (id, at WITHOUT OVERLAPS)", "PRIMARY KEY (at, id)", False),
        (
            "FOREIGN KEY (a, PERIOD b) REFERENCES c(d, PERIOD e) NOT ENFORCED",
            "FOREIGN KEY (a, b) REFERENCES c(d, e)",
            False,
        ),
        ("PRIMARY KEY (id, at)", "PRIMARY KEY (id, at)", False),
        ("PRIMARY KEY (id, at)", "PRIMARY KEY (id, at WITHOUT OVERLAPS)", False),
    ],
)
def test_a_temporal_key_is_the_models_own_with_more_to_guard(actual: str, expected: str, alone: bool) -> None:
    difference = Difference("constraint", "constraint t.k", "t", "different", actual, expected, True, "definition")
    assert is_temporal_alone(difference) is alone


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        ("CHECK ((a > 0)) NOT ENFORCED", True),
        ('CHECK (("NOT ENFORCED" > 0))', False),
        ("CHECK ((a <> 'it''s NOT ENFORCED'::text))", False),
        ("FOREIGN KEY (a) REFERENCES t(a) ON DELETE SET NULL (a) NOT ENFORCED", True),
    ],
)
def test_keywords_are_not_looked_for_in_names_and_texts(definition: str, says: bool) -> None:
    assert Constraint("t", "k", "check", definition).says("NOT ENFORCED") is says
