"""Tracebacks in a log: told from one another, among lines of others, in a few lines."""

from __future__ import annotations

import json

import pytest

from migrations_tools.proofs import tracebacks
from tests.support.speaking import TRACEBACK

_PLAIN = 'Traceback (most recent call last):\n  File "/app/a.py", line 3, in f\n    raise KeyError(x)\nKeyError: 1'


def _exceptions(text: str) -> list[str]:
    return [each.exception for each in tracebacks.find(text.splitlines())]


def test_a_chain_is_one_traceback_and_its_last_exception_counts() -> None:
    (found,) = tracebacks.find(TRACEBACK.splitlines())
    assert found.exception.startswith("sqlalchemy.exc.ProgrammingError: ")
    assert found.place() == 'File "/app/src/routes/email_logs.py", line 12, in list_logs'
    assert TRACEBACK.splitlines()[5].startswith("psycopg.errors.UndefinedTable")
    assert set(range(1, 16)) <= set(found.lines)


def test_two_that_follow_one_another_are_two() -> None:
    assert _exceptions(f"{_PLAIN}\nINFO:     all is well\n{_PLAIN}") == ["KeyError: 1", "KeyError: 1"]


@pytest.mark.parametrize(
    "line",
    ["INFO:     127.0.0.1:1 - GET /a", '127.0.0.1 - - "GET /a" 200', "[2026-01-01 00:00:00] started", "", "ERROR: no"],
)
def test_a_line_of_others_in_between_is_passed_over(line: str) -> None:
    title, frame, code, exception = _PLAIN.splitlines()
    assert _exceptions("\n".join((title, line, frame, line, code, line, exception))) == ["KeyError: 1"]


def test_two_processes_in_one_log_are_told_apart_by_their_marks() -> None:
    web = [f"12:00:0{number} web.1    | {line}" for number, line in enumerate(_PLAIN.splitlines())]
    job = [
        f"12:00:0{number} worker.1 | {line}" for number, line in enumerate(_PLAIN.replace("Key", "Value").splitlines())
    ]
    mixed = [line for pair in zip(web, job, strict=True) for line in pair]
    assert _exceptions("\n".join(mixed)) == ["KeyError: 1", "ValueError: 1"]


def test_one_that_was_logged_as_a_message_is_read() -> None:
    assert _exceptions(f"ERROR:root:{_PLAIN}\nINFO:root:on") == ["KeyError: 1"]


def test_a_group_of_exceptions_is_one() -> None:
    text = """\
  + Exception Group Traceback (most recent call last):
  |   File "/app/a.py", line 1, in main
  |     async with create_task_group():
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/app/b.py", line 2, in inner
    |     raise ValueError("no")
    | ValueError: no
    +------------------------------------
"""
    (found,) = tracebacks.find(text.splitlines())
    assert (found.exception, found.place()) == ("ValueError: no", 'File "/app/b.py", line 2, in inner')


def test_one_in_a_log_of_json_is_read() -> None:
    line = json.dumps({"level": "error", "exc_info": _PLAIN, "event": "failed"})
    (found,) = tracebacks.find([line])
    assert (found.exception, found.place()) == ("KeyError: 1", 'File "/app/a.py", line 3, in f')


def test_frames_of_libraries_are_shown_where_there_are_no_others() -> None:
    text = (
        'Traceback (most recent call last):\n  File "/usr/lib/python3.13/json/x.py", line 1, in f\n    x()\nValueError'
    )
    (found,) = tracebacks.find(text.splitlines())
    assert found.said() == ['  File "/usr/lib/python3.13/json/x.py", line 1, in f', "    x()", "ValueError"]


def test_one_that_the_log_cuts_off_says_so() -> None:
    (found,) = tracebacks.find(_PLAIN.splitlines()[:3])
    assert found.said()[-1] == "(the log ends before the exception)"
