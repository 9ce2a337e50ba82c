"""The probe as one document, to be handed over standard input to a Python that has never heard of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "probe"
# Reads the document's length and text from standard input and starts it; what follows on the channel is the probe's.
# The folder that it is started in must not be on the path meanwhile: a `types.py` there would stand for Python's own.
BOOTSTRAP = (
    "import sys; sys.path[:] = [each for each in sys.path if each]; import json;"
    " n = int(sys.stdin.buffer.readline()); document = json.loads(sys.stdin.buffer.read(n));"
    " loading = {'__name__': 'migrations_tools_loading'};"
    " exec(compile(document['modules']['loading'], '<migrations_tools probe: loading>', 'exec'), loading);"
    " loading['start'](document)"
)


def handover(wishes: Mapping[str, Any]) -> str:
    """Return what is written to the bootstrap: the length in bytes, then the modules and the wishes as one document."""
    text = json.dumps({"modules": _sources(), **wishes})
    return f"{len(text.encode())}\n{text}"


@cache
def _sources() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.py"))}
