"""YAML as Compose reads it: PyYAML's syntax tree, with the types of go-yaml v3 instead of YAML 1.1's.

`yes` and `22:22` are texts and `0o17` is a number (https://github.com/go-yaml/yaml/blob/v3/resolve.go). A key that is
written twice or is no text is an error, as it is for Compose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from migrations_tools.discovery.compose_yaml.failing import fail
from migrations_tools.discovery.compose_yaml.tagged import RESET, Override
from migrations_tools.errors import CannotProceed

_PREFIX = "tag:yaml.org,2002:"
_NULL, _BOOL, _TIME, _TEXT, _MERGE = (f"{_PREFIX}{name}" for name in ("null", "bool", "timestamp", "str", "merge"))
_NUMBER = f"{_PREFIX}number"
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)")
_BASES = {"x": 16, "b": 2, "o": 8}
_DEEPEST = 60


class Unclear(str):
    """A text that Compose would write in another way: a date, an infinite number. It has to be put in quotes."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to give a loader its types


for _tag, _pattern, _first in (
    (_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (_BOOL, r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    (_MERGE, r"<<", ["<"]),
    (_TIME, r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt ][0-9].*)?", list("0123456789")),
    (_NUMBER, r"[-+]?[.]?[0-9][0-9a-fA-FxXoObB_.+-]*|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), _first)


def documents(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents of a file as plain values, with `Reset` and `Override` where the tags stand.

    Raises CannotProceed when the file cannot be read, is no YAML, or holds what Compose does not take.
    """
    try:
        nodes = list(yaml.compose_all(file.read_text(encoding="utf-8"), Loader=_Loader))
    except (OSError, UnicodeDecodeError) as error:
        raise CannotProceed(f"The Compose file {file} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        raise CannotProceed(f"The Compose file {file} is not valid YAML: {_problem(error)}.") from error
    for node in nodes:
        value = _plain(node, file, 0)
        if value is not None:
            yield value if isinstance(value, dict) else fail(str(file), "the whole of a Compose file must be a map.")


def _problem(error: yaml.YAMLError) -> str:
    """Return what is wrong and in which line; never the line itself, which may hold a secret."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"line {error.problem_mark.line + 1}, {error.problem}"
    return "it holds a character that YAML does not allow"


def _plain(node: yaml.Node, file: Path, depth: int) -> Any:
    if depth > _DEEPEST:
        fail(_place(node, file), "this is nested too deep, or an anchor holds itself.")
    if node.tag == "!reset":
        return RESET
    if node.tag == "!override":
        return Override(_untagged_value(node, file, depth))
    if node.tag.startswith("!"):
        fail(_place(node, file), f"the tag {node.tag} is not known here.")
    return _value(node, file, depth)


def _untagged_value(node: yaml.Node, file: Path, depth: int) -> Any:
    if isinstance(node, yaml.ScalarNode):
        tag = _Loader("").resolve(yaml.ScalarNode, node.value, (node.style is None, False))  # type: ignore[no-untyped-call]
        return _scalar(yaml.ScalarNode(tag, node.value, node.start_mark), file)
    return _value(node, file, depth)


def _value(node: yaml.Node, file: Path, depth: int) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, file, depth + 1) for each in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, file, depth)
    return _scalar(node, file)


def _mapping(node: yaml.MappingNode, file: Path, depth: int) -> dict[str, Any]:
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    merges = [value for key, value in node.value if key.tag == _MERGE]
    if len(merges) > 1:
        fail(_place(node, file), "the merge key `<<` is written more than once.")
    for source in _merged(merges, file, depth):
        merged = source | merged
    for key, value in node.value:
        if key.tag == _MERGE:
            continue
        if key.tag != _TEXT:
            fail(_place(key, file), "a key must be a text; put it in quotes.")
        if key.value in own:
            fail(_place(key, file), f"the key {key.value} is written twice.")
        own[key.value] = _plain(value, file, depth + 1)
    return merged | own


def _merged(merges: list[yaml.Node], file: Path, depth: int) -> Iterator[dict[str, Any]]:
    for node in merges:
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                fail(_place(source, file), "the merge key `<<` takes a map or a list of maps.")
            yield _mapping(source, file, depth + 1)


def _scalar(node: yaml.Node, file: Path) -> Any:
    if node.tag not in _SCALARS:
        name = node.tag.removeprefix(_PREFIX)
        fail(_place(node, file), f"the type {name} is not followed here; write the value plainly.")
    return _SCALARS[node.tag](node.value)


def _number(text: str) -> Any:
    if _SPECIAL_FLOAT.fullmatch(text):
        return Unclear(text)
    plain = text.replace("_", "") if not text.startswith(".") else text
    if _INTEGER.fullmatch(plain):
        value = _integer(plain)
        return value if -(2**63) <= value < 2**64 else float(value)
    return float(plain) if _FLOAT.fullmatch(plain) and abs(float(plain)) != float("inf") else text


def _integer(text: str) -> int:
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
    if len(digits) > 1 and digits[0] == "0":
        base = _BASES.get(digits[1].lower(), 8)
        return sign * int(digits[2:] if digits[1].lower() in _BASES else digits, base)
    return sign * int(digits)


_SCALARS: dict[str, Callable[[str], Any]] = {
    _TEXT: str,
    _MERGE: str,
    _TIME: Unclear,
    _NUMBER: _number,
    _NULL: lambda _: None,
    _BOOL: lambda text: text.lower() == "true",
}


def _place(node: yaml.Node, file: Path) -> str:
    return f"{file}, line {node.start_mark.line + 1}"
