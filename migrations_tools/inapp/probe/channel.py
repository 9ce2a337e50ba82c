"""The channel: requests come in by line, answers and questions go out by line, behind a mark."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

MARK = "\x1emigrations-tools\x1e"


class ChannelClosed(BaseException):
    """The other side went away; not an Exception, so that no `except Exception` of env.py holds it up."""


class Talk:
    """Both directions of the channel."""

    def __init__(self, incoming: TextIO, outgoing: TextIO) -> None:
        self.incoming = incoming
        self.outgoing = outgoing

    def send(self, document: dict[str, Any]) -> None:
        """Write a document as one line."""
        self.outgoing.write(MARK + json.dumps(document, default=str) + "\n")
        self.outgoing.flush()

    def tell(self, done: int, total: int, what: str) -> None:
        """Report, in the middle of a request, how much is done of how much; nobody answers."""
        self.send({"told": [done, total, what]})

    def receive(self) -> Any:
        """Return the next document, or None when the other side has closed the channel."""
        line = self.incoming.readline()
        return json.loads(line) if line else None

    def ask(self, question: str, value: Any) -> Any:
        """Send a question in the middle of a request and give the other side's answer."""
        self.send({"ask": question, "value": value})
        answer = self.receive()
        if answer is None:
            raise ChannelClosed
        return answer


def over_standard_streams() -> Talk:
    """Keep standard input and output for the channel alone.

    From here on, whatever prints, prints to standard error, and whatever asks the user finds nobody there. Nothing
    is read ahead of the first request, which comes only after the probe has said that it is ready.
    """
    incoming = os.fdopen(os.dup(0), encoding="utf-8")
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it lives as long as the process
    return Talk(incoming, outgoing)


def over_pipes(requests: str, answers: str) -> Talk:
    """Talk through named pipes that another process of ours holds open.

    Where that process is gone already, there is nothing to read: the channel is closed from the start.
    """
    incoming = os.open(requests, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(incoming, True)
    outgoing = os.open(answers, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(outgoing, True)
    return Talk(os.fdopen(incoming, encoding="utf-8"), os.fdopen(outgoing, "w", encoding="utf-8"))
