"""Every case folder: the override, or the reasons, letter by letter."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
import yaml

from migrations_tools.isolation import IsolationPlan, NotIsolable, as_json, from_json, plan, render
from tests.unit.isolation.folders import CASES, Case

# The values that the cases use for what must not be shown.
SECRETS = ("very-secret", "very/secret", "live-secret", "recyclic-secret", "user:secret", "u:secret")


def planned(case: Case) -> IsolationPlan:
    config = case.config
    return plan(config, case.facts(config))


def reasons(case: Case) -> tuple[str, ...]:
    with pytest.raises(NotIsolable) as refused:
        planned(case)
    return refused.value.reasons


def test_the_override_is_the_expected_one_as_a_whole(good_case: Case) -> None:
    actual = render(planned(good_case))
    assert actual == good_case.expected("override.yaml", actual)


def test_the_warnings_are_the_expected_ones(good_case: Case) -> None:
    actual = "".join(f"{warning}\n" for warning in planned(good_case).warnings)
    assert actual == good_case.expected("warnings.txt", actual)


def test_the_reasons_are_the_expected_ones_all_at_once(refused_case: Case) -> None:
    actual = "".join(f"{reason}\n" for reason in reasons(refused_case))
    assert actual == refused_case.expected("reasons.txt", actual)


def test_there_is_a_case_for_most_of_what_can_go_wrong() -> None:
    assert len([folder for folder in CASES.iterdir() if folder.is_dir()]) >= 60


def test_a_plan_comes_back_from_the_journal_as_it_was(good_case: Case) -> None:
    drawn = planned(good_case)
    assert from_json(json.loads(json.dumps(as_json(drawn)))) == drawn


def test_a_plan_from_the_journal_cannot_be_rendered(good_case: Case) -> None:
    with pytest.raises(ValueError, match="plan again"):
        render(from_json(as_json(planned(good_case))))


def test_no_secret_is_in_what_is_shown_or_kept(good_case: Case) -> None:
    drawn = planned(good_case)
    shown = json.dumps(as_json(drawn)) + repr(drawn)
    assert not [secret for secret in SECRETS if secret in shown]


def test_no_secret_is_in_a_reason(refused_case: Case) -> None:
    shown = "".join(reasons(refused_case))
    assert not [secret for secret in SECRETS if secret in shown]


def test_everything_of_the_copy_ends_in_the_suffix(good_case: Case) -> None:
    drawn = planned(good_case)
    repositories = (tag.rpartition(":")[0] for tag in drawn.image_tags)
    names = (drawn.project, *drawn.container_names, *drawn.volume_names, *drawn.network_names, *repositories)
    assert [name for name in names if not name.endswith(drawn.suffix)] == []


def test_the_override_has_neither_anchors_nor_merge_keys_nor_relative_paths(good_case: Case) -> None:
    text = render(planned(good_case))
    tokens = {type(token).__name__ for token in yaml.scan(text)}
    assert not tokens & {"AnchorToken", "AliasToken"}
    assert "<<" not in text
    assert [source for source in _bind_sources(_load(text)) if not source.startswith("/")] == []


def test_the_same_stack_in_another_order_gives_the_same_override(good_case: Case) -> None:
    config = good_case.config
    backwards = {**config, "services": dict(reversed(config["services"].items()))}
    assert render(plan(backwards, good_case.facts(config))) == render(planned(good_case))


def test_planning_leaves_the_configuration_as_it_is(case: Case) -> None:
    config = case.config
    before = json.dumps(config)
    with contextlib.suppress(NotIsolable):
        plan(config, case.facts(config))
    assert json.dumps(config) == before


def test_a_database_value_is_copied_only_when_it_was_given_or_rewritten() -> None:
    drawn = planned(Case(CASES / "the_whole_recycling_stack"))
    assert "recyclic-secret" not in render(drawn)


class _Loader(yaml.SafeLoader):
    """Reads the two tags as if they were not there."""


def _untagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return None


_Loader.add_multi_constructor("!", _untagged)


def _load(text: str) -> dict[str, Any]:
    return dict(yaml.load(text, Loader=_Loader))


def _bind_sources(tree: dict[str, Any]) -> list[str]:
    mounts = (mount for body in tree["services"].values() for mount in (body or {}).get("volumes", ()))
    return [str(mount["source"]) for mount in mounts if mount["type"] == "bind"]
