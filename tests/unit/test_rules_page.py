"""The page of the rules is made of the catalogue and the examples that the tests run."""

from __future__ import annotations

from docs.write_rules import EXAMPLES, PAGE, page
from migrations_tools.review.registry import FAMILIES
from migrations_tools.review.ruleset import RULES


def test_the_page_of_the_rules_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "`nox -s docs` writes it"


def test_every_rule_has_an_unsafe_and_a_safe_example() -> None:
    wanted = {(rule.code, sort) for rule in RULES for sort in ("unsafe", "safe")}
    assert sorted(item for item in wanted if not any((EXAMPLES / item[0] / item[1]).glob("*"))) == []


def test_every_rule_belongs_to_a_family_and_says_what_it_finds_in_whole_sentences() -> None:
    assert [rule.code for rule in RULES if rule.code[:2] not in FAMILIES] == []
    for rule in RULES:
        assert rule.trigger.endswith("."), rule.code
        assert rule.why.endswith("."), rule.code
        assert rule.way_out.endswith("."), rule.code


def test_all_rules_of_a_family_stand_in_one_file() -> None:
    files = {(rule.code[:2], rule.find.__module__.rpartition(".")[2]) for rule in RULES}
    assert len(files) == len(FAMILIES)
