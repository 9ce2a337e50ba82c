"""What a revision makes without naming it, by the name that PostgreSQL chooses: `users_email_key`, `users_pkey`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

# ChooseIndexName and ChooseConstraintName, PostgreSQL's sources: the table, the columns, and what it is.
ENDINGS: Final[Mapping[str, str]] = {
    "unique": "key",
    "primary key": "pkey",
    "foreign key": "fkey",
    "check": "check",
    "exclusion": "excl",
    "index": "idx",
}
_BY_CALL: Final[Mapping[str, str]] = {
    "UniqueConstraint": "unique",
    "PrimaryKeyConstraint": "primary key",
    "ForeignKeyConstraint": "foreign key",
    "ForeignKey": "foreign key",
    "CheckConstraint": "check",
    "ExcludeConstraint": "exclusion",
    "create_unique_constraint": "unique",
    "create_primary_key": "primary key",
    "create_foreign_key": "foreign key",
    "create_check_constraint": "check",
    "create_exclude_constraint": "exclusion",
}
_BY_WORD: Final[Mapping[str, str]] = {
    "UNIQUE": "unique",
    "PRIMARY": "primary key",
    "FOREIGN": "foreign key",
    "REFERENCES": "foreign key",
    "CHECK": "check",
    "EXCLUDE": "exclusion",
}
_NUMBERED: Final = re.compile(rf"(.*_(?:{'|'.join(ENDINGS.values())}))\d+")


def chosen_name(table: str, sort: str, columns: Sequence[str]) -> str:
    """Return the name that PostgreSQL gives a constraint or index over these columns; "" for what it is none of."""
    ending = ENDINGS.get(sort, "")
    parts = (table, *(() if sort in ("primary key", "check") and len(columns) != 1 else columns), ending)
    return "_".join(parts if sort != "primary key" else (table, ending)) if ending else ""


def spellings(table: str, name: str, sort: str = "", columns: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names under which a revision may have made something: its own, and those that it did not write.

    A convention names what a revision leaves unnamed, a number stands behind a name that was taken, and a check of a
    whole table is called after its column where it is about one.
    """
    plain = match.group(1) if (match := _NUMBERED.fullmatch(name)) else name
    check = f"{table}_check" if plain.startswith(f"{table}_") and plain.endswith("_check") else ""
    own = chosen_name(table, sort, columns) if columns else ""
    return tuple(dict.fromkeys(filter(None, (name, plain, own, check))))


# --- calls of Alembic and SQLAlchemy ----------------------------------------------------------------------------------


def verb(node: ast.AST) -> str:
    """Return the name of the function that a call calls."""
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def text(node: ast.AST) -> str:
    """Return an argument that is a text, or a text in `op.f()`; "" when it is none."""
    if isinstance(node, ast.Call) and verb(node) in ("f", "quoted_name", "conv") and node.args:
        return text(node.args[0])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def names_of_call(call: ast.Call, table: str, column: str) -> Iterator[str]:
    """Yield the names that PostgreSQL chooses for what a call makes; `column` is the one that it stands inside of."""
    sort = _BY_CALL.get(verb(call), "")
    if sort:
        yield chosen_name(table, sort, _columns(call, sort) or ([column] if column else []))
    if verb(call) == "Column":
        said = {item.arg: item.value for item in call.keywords if isinstance(item.value, ast.Constant)}
        yield from (f"{table}_{column}_key" for _ in said if _ == "unique" and said[_].value)
        yield from (f"{table}_pkey" for _ in said if _ == "primary_key" and said[_].value)


def _columns(call: ast.Call, sort: str) -> list[str]:
    given = [*call.args, *(item.value for item in call.keywords if item.arg in ("columns", "local_cols"))]
    listed = next((node for node in given if isinstance(node, ast.List | ast.Tuple)), None)
    if listed is not None:
        return [text(node) for node in listed.elts]
    return [text(node) for node in call.args] if sort in ("unique", "primary key") else []


# --- SQL --------------------------------------------------------------------------------------------------------------


def names_of_sql(words: Sequence[str], table: str) -> Iterator[str]:
    """Yield the names of what a statement makes in or of a table: columns, and what it leaves unnamed."""
    upper = [word.upper() for word in words]
    if table not in words:
        return
    after = words.index(table) + 1
    if upper[0] == "ALTER":
        for part in _parts(words[after:]):
            if part[:1] and part[0].upper() == "ADD":
                yield from _of_element(part[1:], table)
    elif "INDEX" in upper[:after]:
        yield chosen_name(table, "index", _listed(words[after:]))
    elif "TABLE" in upper[:after] and words[after : after + 1] == ("(",):
        for part in _parts(_inside(words[after:])):
            yield from _of_element(part, table)


def _of_element(words: Sequence[str], table: str) -> Iterator[str]:
    """Yield the name of a column of CREATE TABLE, or of ADD, and the names of what is unnamed there."""
    upper = [word.upper() for word in words]
    if upper[:1] == ["CONSTRAINT"]:
        return
    sort = _BY_WORD.get(upper[0], "") if upper else ""
    if sort:
        yield chosen_name(table, sort, [] if sort == "check" else _listed(words))
        return
    words = words[1:] if upper[:1] == ["COLUMN"] else words
    words = words[3:] if [word.upper() for word in words[:3]] == ["IF", "NOT", "EXISTS"] else words
    yield from words[:1]
    for before, word in zip(["", "", *upper], upper, strict=False):
        if word in _BY_WORD and before != "CONSTRAINT":
            yield chosen_name(table, _BY_WORD[word], words[:1])


def _inside(words: Sequence[str]) -> Sequence[str]:
    """Return what stands in the parentheses that words begin with."""
    depth = 0
    for at, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if not depth:
            return words[1:at]
    return words[1:]


def _parts(words: Iterable[str]) -> Iterator[list[str]]:
    """Part words at the commas that stand in no parentheses."""
    part: list[str] = []
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _listed(words: Sequence[str]) -> list[str]:
    """Return the columns in the first parentheses."""
    if "(" not in words:
        return []
    return [part[0] for part in _parts(_inside(words[words.index("(") :])) if part]
