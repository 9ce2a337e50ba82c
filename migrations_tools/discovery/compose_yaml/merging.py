"""How a service of one file is laid over the same service of another, or over the one that it extends.

https://github.com/compose-spec/compose-spec/blob/main/13-merge.md. Both sides are in the forms of `forms.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrations_tools.discovery.compose_yaml.ports import once
from migrations_tools.discovery.compose_yaml.tagged import Override, Reset

#: What replaces instead of being appended to.
_REPLACED = frozenset({("command",), ("entrypoint",), ("healthcheck", "test")})
_PORTS = ("ports",)


def merged_services(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay services over services of the same names."""
    together = dict(base)
    for name, service in over.items():
        together[name] = merged(base[name], service) if name in base else service
    return together


def merged(base: Any, over: Any, path: tuple[str, ...] = ()) -> Any:
    """Lay a value over another: maps are merged, lists appended, everything else replaced.

    The tags stay in the result, so that they still count when the result is laid over a third value.
    """
    if isinstance(over, (Reset, Override)):
        return over
    if isinstance(base, Reset):
        return Override(over)
    if isinstance(base, Override):
        return Override(merged(base.value, over, path))
    return over if path in _REPLACED else _together(base, over, path)


def _together(base: Any, over: Any, path: tuple[str, ...]) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {
            key: merged(base[key], each, (*path, key)) if key in base else each for key, each in over.items()
        }
    if isinstance(base, list) and isinstance(over, list):
        return once(base + over) if path == _PORTS else base + over
    return over
