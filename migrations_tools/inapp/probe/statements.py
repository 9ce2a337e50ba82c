"""What sort of SQL statement a text is, by its first words."""

from __future__ import annotations

import re

_BEFORE = re.compile(r"\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|[(;]", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]+")
_WITH_A_NOUN = frozenset({"CREATE", "ALTER", "DROP", "REFRESH"})
_NO_NOUN = frozenset(
    {"OR", "REPLACE", "UNIQUE", "TEMP", "TEMPORARY", "GLOBAL", "LOCAL", "UNLOGGED", "RECURSIVE", "CONSTRAINT"}
)
# These make a noun of two words with the next one.
_FIRST_OF_TWO = frozenset({"MATERIALIZED", "FOREIGN", "EVENT", "ACCESS", "DEFAULT", "TEXT", "USER"})
_CONTROL = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"})
_SESSION = frozenset({"SET", "RESET", "SHOW", "DISCARD"})
LONGEST = 2000  # characters


def sort_of(statement: str) -> str:
    """Return the statement's verb, with its noun where it has one: "CREATE INDEX", "ALTER TABLE", "UPDATE"."""
    words = _first_words(statement)
    if not words or words[0] not in _WITH_A_NOUN:
        return words[0] if words else ""
    nouns = [word for word in words[1:] if word not in _NO_NOUN]
    return " ".join([words[0], *nouns[: 2 if nouns and nouns[0] in _FIRST_OF_TWO else 1]])


def touches_nothing(statement: str, sort: str) -> bool:
    """Return whether a statement takes no locks for certain: alone, about the session or the transaction.

    Some of these must come before the transaction's first query, so that nothing may be asked around them.
    """
    return sort in _CONTROL | _SESSION and ";" not in statement.rstrip().rstrip(";")


def shortened(statement: str) -> str:
    """Return a statement's text, cut where it is long."""
    return statement if len(statement) <= LONGEST else statement[: LONGEST - 1] + "…"


def _first_words(statement: str) -> list[str]:
    """Return the first few words, in capitals; comments and what may stand before them are passed over."""
    words: list[str] = []
    position = 0
    while len(words) < 7:
        skipped = _BEFORE.match(statement, position)
        if skipped:
            position = skipped.end()
            continue
        found = _WORD.match(statement, position)
        if not found:
            break
        words.append(found.group().upper())
        position = found.end()
    return words
