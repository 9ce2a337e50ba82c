"""The plan as the text of a Compose override file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from migrations_tools.compose_tags import Override, Reset
from migrations_tools.isolation.plan_values import IsolationPlan
from migrations_tools.isolation.resolved import doubled

_COMMENT = """\
# Generated: what sets the throw-away copy "{copy}" apart from the stack "{original}".
# It is merged on top of the stack's own Compose files, which stay as they are, and is written anew for
# every copy: edits are lost, and it may be deleted. It needs a Compose that knows !override (2.24.4).
"""
# Words that every YAML reader takes as text; all else is quoted.
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ORDER = ("name", "services", "networks", "volumes")


def render(plan: IsolationPlan) -> str:
    """Write the override file, the same for the same plan; without anchors, with absolute paths only.

    It holds what the copy changes and nothing else. Raises `ValueError` for a plan that was read
    from the journal, which does not keep the values.
    """
    if not plan.override:
        raise ValueError("This plan was read from the journal and holds no values to render; plan again.")
    tree = {key: plan.override[key] for key in _ORDER if key in plan.override}
    return _COMMENT.format(copy=plan.project, original=plan.original_project) + dumped(tree)


def dumped(tree: Mapping[str, Any]) -> str:
    """Return `tree` as YAML that every Compose reads alike: no anchors, every text quoted, each `$` doubled."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20)


class _Key(str):
    """A key of the tree."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Quotes every text value, and knows the two tags."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True

    def choose_scalar_style(self) -> str:
        # PyYAML quotes every tagged scalar; `!reset null` is how the specification writes it.
        reset = isinstance(self.event, yaml.ScalarEvent) and self.event.tag == "!reset"
        return "" if reset else str(super().choose_scalar_style())

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's own signature
        super().increase_indent(flow, False)


def _mapping(dumper: yaml.SafeDumper, data: Mapping[str, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", {_Key(key): value for key, value in data.items()})


def _key(dumper: yaml.SafeDumper, key: str) -> yaml.ScalarNode:
    plain = _PLAIN_KEY.fullmatch(key) and key.lower() not in _RESERVED
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(key), style=None if plain else '"')


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", doubled(text), style="|" if "\n" in text else '"')


def _override(dumper: yaml.SafeDumper, data: Override) -> yaml.Node:
    node = dumper.represent_data(data.value)
    node.tag = "!override"
    return node


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(_Key, _key)
_Dumper.add_representer(str, _text)
_Dumper.add_representer(Override, _override)
_Dumper.add_representer(Reset, lambda dumper, _: dumper.represent_scalar("!reset", "null"))
