"""How a model declares what the database has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrations_tools.catalog import Constraint, Index
from migrations_tools.operations import Operation
from migrations_tools.review.context import table_name

# What stands in quotes, or between brackets, is one word of a definition; a comma outside of both parts two.
_PARTS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[(\[{]|[)\]}]|,""")
_BOUND = re.compile(r"(?<![:\w\\]):(?=\w)")


def declaration(drop: Operation, have: Constraint | Index | None = None) -> str:
    """Return what to write in the models so that something is not dropped, as the rest of a sentence.

    `have` is the constraint or index as the database has it.
    """
    model = f"the model of table {table_name(drop)}"
    columns = ", ".join(map(_column, drop.columns))
    unique = "".join(f", {option}" for option in _of_constraint(have))
    writings = {
        "table": f"import the model of {drop.object} in env.py, or leave the table out with include_name",
        "column": f"give {model} its column {drop.name} back",
        "unique constraint": f"in {model}, write {'' if unique else _single(drop)}"
        f"`UniqueConstraint({columns}, name={_text(drop.name)}{unique})` in __table_args__",
        "index": f"in {model}, write `{_index(drop, have)}` in __table_args__",
        "unique index": f"in {model}, write `{_index(drop, have)}` in __table_args__",
        "foreign key": f"in {model}, give {', '.join(drop.columns)} its `ForeignKey`"
        f'{" to " + drop.referent if drop.referent else ""} back, with name="{drop.name}"',
    }
    other = f'in {model}, put the {drop.noun} back, with name="{drop.name}"' if drop.table else "declare it again"
    return writings.get(drop.noun, other)


def _single(drop: Operation) -> str:
    return f"`unique=True` on its column {drop.columns[0]}, or " if len(drop.columns) == 1 else ""


def _of_constraint(have: Constraint | Index | None) -> Iterator[str]:
    if isinstance(have, Constraint):
        yield from ["postgresql_nulls_not_distinct=True"] if have.says("NULLS NOT DISTINCT") else []
        yield from ["deferrable=True"] if have.deferrable else []
        yield from ['initially="DEFERRED"'] if have.deferred else []


def _index(drop: Operation, have: Constraint | Index | None) -> str:
    words = keys_of(have) if isinstance(have, Index) else drop.columns
    unique = ["unique=True"] if drop.unique else []
    options = _of_index(have) if isinstance(have, Index) else ()
    return f"Index({', '.join((_text(drop.name), *map(_column, words), *unique, *options))})"


def keys_of(index: Index) -> tuple[str, ...]:
    """Return the columns and expressions of an index as PostgreSQL prints them, with order, collation and so on."""
    begin = index.definition.index(f" USING {index.method} (") + len(f" USING {index.method} (")
    keys, start, depth = [], begin, 0
    for match in _PARTS.finditer(index.definition, begin):
        if depth == 0 and match[0] in (",", ")"):
            keys.append(index.definition[start : match.start()].strip())
            start = match.end()
            if match[0] == ")":
                break
        depth += (match[0] in "([{") - (match[0] in ")]}")
    return tuple(keys)


def _of_index(index: Index) -> Iterator[str]:
    if index.method != "btree":
        yield f"postgresql_using={_text(index.method)}"
    if index.included:
        yield f"postgresql_include=[{', '.join(_text(_plain(each)) for each in index.included)}]"
    if " NULLS NOT DISTINCT" in index.definition:
        yield "postgresql_nulls_not_distinct=True"
    parameters = re.search(r" WITH \(([^)]*)\)", index.definition)
    if parameters:
        pairs = (each.strip().partition("=") for each in parameters[1].split(","))
        given = ", ".join(f"{_text(name)}: {_text(value.strip(chr(39)))}" for name, _, value in pairs)
        yield f"postgresql_with={{{given}}}"
    if index.predicate:
        yield f"postgresql_where={_sql(index.predicate)}"


def _column(words: str) -> str:
    plain = _plain(words)
    return _text(plain) if words.isidentifier() or plain != words else _sql(words)


def _plain(words: str) -> str:
    """Return a quoted name without its quotes."""
    quoted = re.fullmatch(r'"((?:[^"]|"")+)"', words)
    return quoted[1].replace('""', '"') if quoted else words


def _sql(words: str) -> str:
    return f"text({_text(_BOUND.sub(chr(92) + chr(92) + ':', words))})"


def _text(words: str) -> str:
    """Write a text in Python, in double quotes where these need no escaping."""
    return repr(words) if '"' in words or "\\" in words else f'"{words}"'
