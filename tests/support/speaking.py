"""A small application that really answers over HTTP, and writes a log as a service does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

TRACEBACK = """\
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "/usr/lib/python3.13/site-packages/sqlalchemy/engine/base.py", line 1967, in _exec_single_context
    self.dialect.do_execute(
    ~~~~~~~~~~~~~~~~~~~~~~~^
psycopg.errors.UndefinedTable: relation "email_logs" does not exist
LINE 1: SELECT id FROM email_logs
                       ^

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/src/routes/email_logs.py", line 12, in list_logs
    return session.scalars(select(EmailLog)).all()
  File "/usr/lib/python3.13/site-packages/sqlalchemy/engine/base.py", line 2355, in _handle_dbapi_exception
    raise sqlalchemy_exception.with_traceback(exc_info[2]) from e
sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "email_logs" does not exist
[SQL: SELECT id FROM email_logs]
(Background on this error at: https://sqlalche.me/e/20/f405)
"""


@dataclass(slots=True)
class Call:
    """One request as it came: which, with what headers and body, and how many there were of it before."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    before: int

    @property
    def words(self) -> str:
        """The method and the path."""
        return f"{self.method} {self.path}"


# A status with a body, which is sent as JSON when it is no bytes, and headers.
Reply: TypeAlias = "tuple[int, Any] | tuple[int, Any, Mapping[str, str]]"


@dataclass(slots=True)
class Application:
    """What it answers, by `METHOD /path`; what it was asked; its log, a line each with its time."""

    answers: Mapping[str, Reply | Callable[[Call], Reply]]
    base: str = ""
    calls: list[Call] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, text: str) -> None:
        """Write lines into the log."""
        with self.lock:
            self.log += [f"2026-01-01T00:00:05Z {line}" for line in text.splitlines()]

    def write_later(self, text: str) -> None:
        """Write lines into the log when the answer is gone already."""
        threading.Timer(0.2, self.write, (text,)).start()

    def logs(self) -> dict[str, list[str]]:
        """Return the logs of this service and of a database."""
        with self.lock:
            return {"api": list(self.log), "postgres": []}

    def asked(self) -> list[str]:
        """Return what it was asked, in the order of its coming."""
        return [call.words for call in self.calls]


class _Handler(BaseHTTPRequestHandler):
    application: Application

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.application.lock:
            before = self.application.asked().count(f"{self.command} {self.path}")
            call = Call(self.command, self.path, dict(self.headers), body, before)
            self.application.calls.append(call)
        found = self.application.answers.get(call.words, (404, "nothing here"))
        status, content, *more = found(call) if callable(found) else found
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (more[0] if more else {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)
        if more and "event-stream" in str(more[0]):
            time.sleep(1)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def speaking(answers: Mapping[str, Reply | Callable[[Call], Reply]]) -> Iterator[Application]:
    """Run an application on a port of this machine."""
    application = Application(answers)
    handler = type("Handler", (_Handler,), {"application": application})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        application.base = f"http://127.0.0.1:{server.server_port}"
        yield application
        server.shutdown()
