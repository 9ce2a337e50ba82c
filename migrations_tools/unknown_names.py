"""What is said of a name in a setting that stands for nothing."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence


def named_closely(name: str, known: Collection[str]) -> str:
    """Return the end of a sentence: the question whether a name near to the unknown one is meant, else a full stop."""
    folded = {each.lower(): each for each in sorted(known, reverse=True)}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    return f"; did you mean `{folded[near[0]]}`?" if near else "."


def one_of(name: str, known: Collection[str]) -> str:
    """Return the end of a sentence: the name that may be meant, else all that are known."""
    near = named_closely(name, known)
    return f" ({', '.join(sorted(known))})." if near == "." and known else near


def unknown_service(
    setting: str, name: str, services: Collection[str], profiles: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Return the reason against a setting that names no active service, with the line to write where one is known.

    `profiles` are the profiles of the services that Compose leaves out because none of theirs is named.
    """
    wanted = profiles.get(name)
    if not wanted:
        return (f"`{setting}` names {name!r}, which is no service of the stack{one_of(name, services)}",)
    word = "profile" if len(wanted) == 1 else "profiles"
    return (
        f"`{setting}` names {name!r}, which is on the {word} {', '.join(wanted)}, and that is not active.",
        f"  In invoke.yaml, under `migrations_tools:`, write `profiles: [{wanted[0]}]`",
    )
