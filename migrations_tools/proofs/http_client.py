"""One request to the application, and what came of it: any status is an answer, and nothing waits for ever."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, urlsplit

from migrations_tools.engines.limit import Limit
from migrations_tools.http_settings import Request, secret_words
from migrations_tools.secrets import harmless, masked

_BODY_BYTES: Final = 64 * 1024 * 1024
# What a path may hold as it is (RFC 3986); all else, a space or a letter with an accent, is percent-encoded.
_AS_IT_IS: Final = "/%:@!$&'()*+,;=~?#[]"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What one request came to: the status, or 0 and the reason when nothing answered (`late`: in time).

    `open`: it answered, and was still sending when its time was over, as a stream of events does. `place`: where a
    redirect leads to.
    """

    request: Request
    status: int
    body: bytes = field(default=b"", repr=False)
    reason: str = ""
    kind: str = ""
    cookies: tuple[str, ...] = field(default=(), repr=False)
    open: bool = False
    late: bool = False
    place: str = ""

    def said(self) -> str:
        """Return what came: the status, or that nothing did."""
        return str(self.status) if self.status else f"no answer ({self.reason})"

    def problem(self) -> str:
        """Return what is wrong with the answer; empty when it is below 500."""
        return f"{self.request.words()}: {self.said()}" if self.status == 0 or self.status >= 500 else ""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: where, how many seconds each whole answer may take, with which headers, and what is not to be shown."""

    base: str
    timeout: float
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def with_header(self, name: str, value: str, secrets: Iterable[str]) -> Client:
        """Return a client that sends one more header, in the place of one of that name."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)), secrets=(*secret_words(secrets), *self.secrets))

    def hide(self, text: str) -> str:
        """Return the text without secrets and without what could steer a terminal."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return harmless(masked(text))

    def get(self, path: str) -> HttpAnswer:
        """Send one GET."""
        return self.send(Request("GET", path))

    def send(self, request: Request) -> HttpAnswer:
        """Send one request and give its answer.

        A redirect is the answer: where it points to is another route, or another host. No proxy is asked: the copy
        listens where it is said to, whatever the environment says about the way out.
        """
        place = urlsplit(self.base)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=self.timeout)
        late, limit = threading.Event(), Limit(self.timeout, "http_timeout")
        headers = {**dict(self.headers), **({"Content-Type": request.kind} if request.kind else {})}
        try:
            connection.connect()
            with _watched(connection.sock, limit, late):
                connection.request(request.method, quote(request.path, safe=_AS_IT_IS), request.body or None, headers)
                return _read(request, connection.getresponse(), late)
        except (OSError, http.client.HTTPException, ValueError) as error:
            slow = late.is_set() or isinstance(error, TimeoutError)
            said = f"not within {limit.words()}" if slow else str(error) or type(error).__name__
            return HttpAnswer(request, 0, reason=said, late=slow)
        finally:
            connection.close()


def _read(request: Request, response: http.client.HTTPResponse, late: threading.Event) -> HttpAnswer:
    """Read the body. One that was promised whole must come whole; one without a length may go on for ever."""
    if late.is_set():  # what was cut off there looks like the end of the head
        raise TimeoutError
    cookies = tuple(each.partition(";")[0] for each in response.headers.get_all("Set-Cookie") or ())
    kind, place = response.headers.get_content_type(), response.headers.get("Location", "")
    answer = HttpAnswer(request, response.status, kind=kind, cookies=cookies, place=place)
    if answer.kind == "text/event-stream":
        return replace(answer, open=True)
    promised = response.length is not None
    try:
        body = response.read(_BODY_BYTES)
    except (OSError, http.client.HTTPException) as error:
        if promised or not (late.is_set() or isinstance(error, TimeoutError)):
            raise
        return replace(answer, open=True)
    if promised and response.length and len(body) < _BODY_BYTES:
        raise TimeoutError if late.is_set() else http.client.IncompleteRead(body, response.length)
    return replace(answer, body=body, open=late.is_set())


@contextmanager
def _watched(sock: socket.socket, limit: Limit, late: threading.Event) -> Iterator[None]:
    """End a conversation that goes on for too long: each of its pieces may come in time, and the whole never."""
    watch = threading.Timer(limit.left, _hang_up, (sock, late))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _hang_up(sock: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):  # it is over by now
        sock.shutdown(socket.SHUT_RDWR)
