"""Schemas by chance: tables of every kind of key, referring to each other in trees and circles."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

_TYPES = (
    "integer",
    "bigint",
    "text",
    "varchar(8)",
    "varchar(1)",
    "uuid",
    "date",
    "timestamptz",
    "numeric(5,2)",
    "boolean",
    "inet",
    "bytea",
    "time",
    "interval",
    "text[]",
    "int4range",
    "char(3)",
    "mood",
)
_KEYS = (
    (("id", "serial", "integer"),),
    (("id", "bigint GENERATED ALWAYS AS IDENTITY", "bigint"),),
    (("id", "uuid DEFAULT gen_random_uuid()", "uuid"),),
    (("id", "varchar(9)", "varchar(9)"),),
    (("first", "integer", "integer"), ("second", "text", "text")),
)


def schema(seed: int) -> str:
    """Write the schema of a number."""
    chance = Random(seed)
    keys = [chance.choice(_KEYS) for _ in range(chance.randint(2, 9))]
    references, tables = [], ["CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd')"]
    for number, key in enumerate(keys):
        lines = [f"{name} {written}" for name, written, _ in key]
        lines += [f"PRIMARY KEY ({', '.join(name for name, *_ in key)})", *_columns(chance)]
        for at in range(chance.randint(0, 3)):
            other = chance.randrange(len(keys))
            # A key may be required where it leads to an earlier table, which keeps circles open.
            required = " NOT NULL" if chance.random() < 0.5 and other < number else ""
            names = [f"r{at}_{name}" for name, *_ in keys[other]]
            lines += [f"{each} {type_}{required}" for each, (*_, type_) in zip(names, keys[other], strict=True)]
            lines += [f"UNIQUE ({', '.join(names)})"] if chance.random() < 0.15 else []
            references.append(f"ALTER TABLE t{number} ADD FOREIGN KEY ({', '.join(names)}) REFERENCES t{other}")
        tables.append(f"CREATE TABLE t{number} ({', '.join(lines)})")
    return ";\n".join([*tables, *references])


def _columns(chance: Random) -> Iterator[str]:
    types = [chance.choice(_TYPES) for _ in range(chance.randint(0, 6))]
    for at, type_ in enumerate(types):
        unique = " UNIQUE" if chance.random() < 0.2 and type_ != "boolean" else ""
        yield f"c{at} {type_}{' NOT NULL' if chance.random() < 0.4 else ''}{unique}"
    several = [f"c{at}" for at, type_ in enumerate(types) if type_ != "boolean"]
    if len(several) > 1 and chance.random() < 0.3:
        yield f"UNIQUE ({', '.join(chance.sample(several, 2))})"
