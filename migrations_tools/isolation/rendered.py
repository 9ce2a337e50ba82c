"""The copy as one whole Compose file, for a Compose that does not obey `!override`.

An override says what changes and leaves the merging to Compose. Versions before 2.24.4 ignore the tag and
merge what should be replaced; for them the override is applied here, to the resolved configuration, and the
result stands alone. It holds every value of the configuration, secrets too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrations_tools.compose_tags import Override, Reset
from migrations_tools.isolation.override import dumped
from migrations_tools.isolation.plan_values import IsolationPlan
from migrations_tools.isolation.resolved import undoubled

_COMMENT = """\
# Generated: the whole of the throw-away copy "{copy}", for a Compose that does not know !override.
# It holds the values of variables, passwords too: keep it private, and delete it with the copy.
"""


def render_whole(config: Mapping[str, Any], plan: IsolationPlan) -> str:
    """Write the copy's Compose file; give `config` as Compose resolves it **with the copy's project name**.

    Resolved with the original's name, values made from `${COMPOSE_PROJECT_NAME}` would stay the
    original's. Raises `ValueError` for a plan that was read from the journal.
    """
    if not plan.override:
        raise ValueError("This plan was read from the journal and holds no values to render; plan again.")
    whole = applied(undoubled(config), plan.override)
    return _COMMENT.format(copy=plan.project) + dumped(whole)


def applied(tree: Any, change: Any) -> Any:
    """Apply one node of an override to the same node of a configuration, as Compose would."""
    if isinstance(change, Override):
        return change.value
    if not isinstance(change, Mapping):
        return change
    result = dict(tree) if isinstance(tree, Mapping) else {}
    for key, value in change.items():
        if isinstance(value, Reset):
            result.pop(key, None)
        else:
            result[key] = applied(result.get(key), value)
    return result
