"""Sentences about services, with what several of them have in common told once."""

from __future__ import annotations

from collections.abc import Collection, Iterable

_NAMED = 5


def grouped(sentences: Iterable[str], services: Collection[str]) -> tuple[str, ...]:
    """Return sentences of the form `service: …`, one for all services that it is the same for; others as they are."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for sentence in dict.fromkeys(sentences):
        name, colon, rest = sentence.partition(": ")
        if colon and name in services:
            groups.setdefault(_of_any(name, rest), []).append((name, sentence))
        else:
            groups.setdefault(sentence, []).append(("", sentence))
    return tuple(_one(text, [name for name, _ in group], group[0][1]) for text, group in groups.items())


def _of_any(name: str, text: str) -> str:
    """Return a way out with a place for the service's name."""
    for own in (f"environment: {name}", f"environment: {{{name}:", f"exclude_services: [{name}]"):
        text = text.replace(own, own.replace(name, "<service>"))
    return text


def _one(text: str, names: list[str], sentence: str) -> str:
    if len(names) == 1:
        return sentence
    more = len(names) - _NAMED
    return f"Each of {', '.join(names[:_NAMED])}{f' and {more} more' if more > 0 else ''}: {text}"
