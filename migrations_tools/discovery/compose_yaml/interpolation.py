"""Variables in the values of a Compose file.

https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md. What the specification leaves open is as
Compose 2 has it: a `$` before anything but a name, a brace or a `$` stands for itself; braces in a default are
balanced. One thing is milder: a default that is not used may name a required variable that is not set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from migrations_tools.discovery.compose_yaml.failing import fail
from migrations_tools.discovery.compose_yaml.tagged import Override

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<sign>:?[-?+])(?P<word>.*))?", re.DOTALL)


def interpolated(value: Any, variables: Mapping[str, str], place: str) -> Any:
    """Return a value with the variables put in; keys stay as they are.

    Raises CannotProceed, naming the place, where an expression is not valid or a required variable is missing.
    """
    if isinstance(value, str):
        return substituted(value, variables, place) if "$" in value else value
    if isinstance(value, Override):
        return Override(interpolated(value.value, variables, place))
    if isinstance(value, dict):
        return {key: interpolated(each, variables, f"{place}.{key}") for key, each in value.items()}
    if isinstance(value, list):
        return [interpolated(each, variables, f"{place}[{number}]") for number, each in enumerate(value)]
    return value


def substituted(text: str, variables: Mapping[str, str], place: str) -> str:
    """Return a text with its variables put in; one that is not set is empty. Raises as `interpolated` does."""
    return "".join(_parts(text, variables, place))


def _parts(text: str, variables: Mapping[str, str], place: str) -> Iterator[str]:
    position = 0
    while (dollar := text.find("$", position)) >= 0:
        yield text[position:dollar]
        position = dollar + 2
        follows = text[dollar + 1 : position]
        if follows == "{":
            end = _closing_brace(text, position, place)
            yield _expression(text[position:end], variables, place)
            position = end + 1
        elif name := _NAME.match(text, dollar + 1):
            yield variables.get(name[0], "")
            position = name.end()
        else:
            yield "$" if follows == "$" else f"${follows}"
    yield text[position:]


def _closing_brace(text: str, start: int, place: str) -> int:
    depth = 1
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if not depth:
            return position
    last = text.rfind("}", start)
    return last if last >= 0 else fail(place, "a `${` is never closed; a plain dollar is written `$$`.")


def _expression(text: str, variables: Mapping[str, str], place: str) -> str:
    match = _BRACED.fullmatch(text)
    if not match:
        fail(
            place, "what stands in `${…}` is no variable of the Compose specification; a plain dollar is written `$$`."
        )
    name, sign, word = match["name"], match["sign"] or "", match["word"] or ""
    value = variables.get(name)
    there = bool(value) if sign.startswith(":") else value is not None
    if sign.endswith("?") and not there:
        fail(place, f"the variable {name} must be set{': ' * bool(word)}{word or '.'}")
    if sign.endswith("+"):
        return substituted(word, variables, place) if there else ""
    if sign.endswith("-") and not there:
        return substituted(word, variables, place)
    return value or ""
