"""Compose as older versions are: programs that stand in front of the real one and take merge tags out of its files.

Versions 2.18 to 2.24.3 accept a file with `!override`, say nothing, and merge the value; versions before 2.18 do so
with `!reset` too. This is what the stand-ins do. In all else they are the real program.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

BEFORE_OVERRIDE = ("!override",)
BEFORE_RESET = ("!override", "!reset")
_PROGRAM = """#!{python} -SE
import hashlib, os, re, sys

REAL, TAGS, ONLY_IN, REFUSES = {real!r}, {tags!r}, {only_in!r}, {refuses!r}


def older(path):
    with open(path, encoding="utf-8") as file:
        text = "".join(line for line in file if not line.startswith("#"))
    found = [tag for tag in TAGS if tag in text]
    if not found or ONLY_IN not in path:
        return path
    if REFUSES:
        sys.exit(path + ": could not determine a constructor for the tag " + found[0])
    copy = __file__ + "." + hashlib.sha256(path.encode()).hexdigest()[:12] + ".yaml"
    with open(copy, "w", encoding="utf-8") as file:
        file.write(re.sub("(?:" + "|".join(TAGS) + ")[ ]?", "", text))
    return copy


words = sys.argv[1:]
if words[:1] == ["compose"] or not REAL[-1].endswith("docker"):
    words = [older(word) if before == "--file" else word for before, word in zip(["", *words], words)]
os.execvp(REAL[0], [*REAL, *words])
"""


def make_older(
    path: Path, real: Sequence[str], tags: Sequence[str] = BEFORE_OVERRIDE, only_in: str = "", refuses: bool = False
) -> Path:
    """Make the stand-in for `real`: `docker`, or a Compose program.

    It takes the tags out of files whose path has `only_in` in it; one that `refuses` ends with an error instead.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _PROGRAM.format(python=sys.executable, real=list(real), tags=list(tags), only_in=only_in, refuses=refuses)
    )
    path.chmod(0o755)
    return path
