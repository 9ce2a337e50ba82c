"""The loop: one request after the other, until the other side closes the channel."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from . import compiling, own_tables, variable_reads
from .channel import ChannelClosed, over_standard_streams
from .configured import configured
from .error_values import describe_error
from .execute import do_execute, do_reach
from .gate import GATE
from .look import do_look
from .model_modules import do_base
from .requests import do_current, do_downgrade, do_hello, do_history, do_metadata, do_upgrade
from .revision import do_revision
from .unimported import do_unimported
from .walk import do_stairway

if TYPE_CHECKING:
    from .channel import Talk

REQUESTS = {
    "hello": do_hello,
    "current": do_current,
    "look": do_look,
    "history": do_history,
    "upgrade": do_upgrade,
    "downgrade": do_downgrade,
    "metadata": do_metadata,
    "base": do_base,
    "unimported": do_unimported,
    "revision": do_revision,
    "reach": do_reach,
    "execute": do_execute,
    "stairway": do_stairway,
}


def main() -> None:
    """Answer requests over standard input and output."""
    talk = over_standard_streams()
    variable_reads.install()
    try:
        GATE.install()
    except ImportError as error:
        talk.send({"error": describe_error(error), "refused": []})
        return
    answer_all(talk)
    # Nothing is left to be done, and to take a whole application down by the book takes its time.
    sys.stderr.flush()
    os._exit(0)


def answer_all(talk: Talk) -> None:
    """Report that the probe is ready, then answer requests until the other side closes the channel."""
    compiling.install()
    own_tables.install()
    talk.send({"ok": "ready", "reached": []})
    with contextlib.suppress(ChannelClosed):
        while True:
            request = talk.receive()
            if request is None:
                break
            talk.send(answer(request, talk))


def answer(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """Carry out one request and give its answer, or the error as plain values."""
    GATE.begin(request.get("token"), request.get("databases"))
    folder = os.getcwd()
    try:
        return {"ok": _carry_out(request, talk), "reached": GATE.reached}
    except ChannelClosed:
        raise
    except BaseException as error:  # env.py may call sys.exit(); the answer must come all the same
        return {"error": describe_error(error), "refused": GATE.refused}
    finally:
        GATE.release()
        os.chdir(folder)


def _carry_out(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    with configured(request.get("imports") or (), forgiving=request["do"] == "base"):
        result = REQUESTS[request["do"]](request, talk)
    GATE.verdict()
    return result
