"""What is said of a name in a setting that stands for nothing."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the question after a name that is near to the unknown one; the known ones where none is near."""
    folded = {each.lower(): each for each in sorted(known, reverse=True)}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    if near:
        return f"; did you mean `{folded[near[0]]}`?"
    return f" ({', '.join(sorted(known))})." if known else "."


def unknown_service(
    setting: str, name: str, services: Collection[str], profiles: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Return the reason against a setting that names no active service, with the line to write where one is known.

    `profiles` are the profiles of the services that Compose leaves out because none of theirs is named.
    """
    wanted = profiles.get(name)
    if not wanted:
        return (f"`{setting}` names {name!r}, which is no service of the stack{did_you_mean(name, services)}",)
    word = "profile" if len(wanted) == 1 else "profiles"
    return (
        f"`{setting}` names {name!r}, which is on the {word} {', '.join(wanted)}, and that is not active.",
        f"  In invoke.yaml, under `migrations_tools:`, write `profiles: [{wanted[0]}]`",
    )
