"""SQL as text: how values and names are written, and what an expression that PostgreSQL prints is made of.

What is written here holds no `%`, so that any DB-API driver runs it with or without parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from migrations_tools.catalog.model import Table

# A value as PostgreSQL reads it from text; None is NULL.
Value: TypeAlias = str | None
Kind: TypeAlias = Literal["string", "number", "name", "symbol"]

# PostgreSQL manual, 4.1 "Lexical Structure"; the deparsing functions print no dollar quotes and no comments.
_TOKEN = re.compile(
    r"""(?P<escaped>E'(?:[^'\\]|\\.|'')*')
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<symbol>::|[^\s])""",
    re.VERBOSE | re.DOTALL,
)
_UNESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an expression: of a string its content, of a name what it stands for, unquoted."""

    kind: Kind
    text: str


def tokens(expression: str) -> Iterator[Token]:
    """Yield the words of an expression in order."""
    for match in _TOKEN.finditer(expression):
        text = match.group()
        if match["escaped"]:
            yield Token("string", _UNESCAPED.sub(r"\1", text[2:-1]).replace("''", "'"))
        elif match["string"]:
            yield Token("string", text[1:-1].replace("''", "'"))
        elif match["quoted"]:
            yield Token("name", text[1:-1].replace('""', '"'))
        else:
            kind: Kind = "number" if match["number"] else "name" if match["name"] else "symbol"
            yield Token(kind, text)


def mentioned(expression: str, names: frozenset[str]) -> tuple[str, ...]:
    """Return those of the names that an expression refers to, each once: no function, and no type of a cast."""
    words = [Token("symbol", ""), *tokens(expression), Token("symbol", "")]
    found = {
        word.text: None
        for before, word, after in zip(words, words[1:], words[2:], strict=False)
        if word.kind == "name" and word.text in names and before.text != "::" and after.text != "("
    }
    return tuple(found)


def constants(expression: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the strings and the numbers that stand in an expression, each once."""
    words = list(tokens(expression))
    return _once(words, "string"), _once(words, "number")


def _once(words: list[Token], kind: Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.text for word in words if word.kind == kind))


def condition(definition: str) -> str:
    """Return the expression of a CHECK definition: without the word and what stands behind the parentheses."""
    return definition[definition.index("(") + 1 : definition.rindex(")")]


def literal(value: Value) -> str:
    """Write a value; what reads differently by the session's settings is escaped."""
    if value is None:
        return "NULL"
    inner = value.replace("'", "''")
    if "\\" in inner or "%" in inner:
        return "E'" + inner.replace("\\", "\\\\").replace("%", r"\x25") + "'"
    return f"'{inner}'"


def name(text: str) -> str:
    """Write a name, quoted."""
    if "%" in text:
        return 'U&"' + text.replace("\\", "\\\\").replace('"', '""').replace("%", r"\0025") + '"'
    return '"' + text.replace('"', '""') + '"'


def names(texts: tuple[str, ...]) -> str:
    """Write names, separated by commas."""
    return ", ".join(map(name, texts))


def name_of(table: Table) -> str:
    """Write the name of a table with its schema."""
    return f"{name(table.schema)}.{name(table.name)}"


def as_parameterized(expression: str) -> str:
    """Write PostgreSQL's own text for a statement that has parameters."""
    return expression.replace("%", "%%")
