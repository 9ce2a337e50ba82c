"""What the client says when something goes wrong in the application's Python."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from migrations_tools.errors import CannotProceed, WrongDatabase
from migrations_tools.inapp.probe_client import Probe, ProbeError, Target

TRACEBACK = """Traceback (most recent call last):
  File "<migrations_tools probe>", line 750, in answer
  File "/usr/lib/python3/dist-packages/alembic/command.py", line 403, in upgrade
    script.run_env()
  File "/app/.venv/lib/python3.12/site-packages/alembic/script/base.py", line 583, in run_env
    util.load_python_file(self.dir, "env.py")
  File "<frozen importlib._bootstrap_external>", line 940, in exec_module
  File "/app/migrations/env.py", line 12, in <module>
    from shop.models import Base
  File "/app/shop/models.py", line 3, in <module>
    engine = create_engine("postgresql://shop:pa55@db/shop")
  File "/usr/local/lib/python3.12/socket.py", line 1, in connect
OSError: postgresql://shop:pa55@db/shop
"""


def test_an_error_says_what_happened_where_and_no_password() -> None:
    error = ProbeError(
        {
            "type": "UniqueViolation",
            "message": "could not create it on postgresql://shop:pa55@db/shop",
            "detail": "Key (email)=(a) is duplicated.",
            "hint": "",
            "statement": "ALTER ROLE shop PASSWORD = 'pa55'",
            "traceback": TRACEBACK,
        },
        "upgrading the temp database",
    )
    assert error.reasons == (
        "UniqueViolation while upgrading the temp database: could not create it on postgresql://shop:***@db/shop",
        "  detail: Key (email)=(a) is duplicated.",
        "  statement: ALTER ROLE shop PASSWORD = ***",
        '  at "/app/shop/models.py", line 3, in <module>',
    )
    assert (error.type, error.exit_code, error.tip) == ("UniqueViolation", 2, "")
    assert error.message == "could not create it on postgresql://shop:***@db/shop"
    assert error.traceback == TRACEBACK.replace("pa55", "***")


@pytest.mark.parametrize("trace", ["", TRACEBACK.partition('  File "<frozen')[0]], ids=["no traceback", "no own code"])
def test_an_error_outside_the_applications_code_names_no_place(trace: str) -> None:
    error = ProbeError({"type": "OperationalError", "message": "no route to host", "traceback": trace}, "connecting")
    assert error.reasons == ("OperationalError while connecting: no route to host",)


def test_a_request_carries_the_configuration_the_token_and_the_database() -> None:
    target = Target(("alembic.ini",), "token", {"shop": "shop_trip"}, "billing")
    assert target.request("upgrade", revision="heads") == {
        "do": "upgrade",
        "config": ["alembic.ini"],
        "section": "billing",
        "token": "token",
        "databases": {"shop": "shop_trip"},
        "imports": [],
        "revision": "heads",
    }
    assert Target(("alembic.ini",), "token").request("hello")["databases"] == {}


# Prints its arguments; what starts with "ok" or "ask" goes behind the mark, and "…" waits for the word that follows.
ACTOR = """
import sys
from migrations_tools.inapp.probe.channel import MARK
for text in sys.argv[1:]:
    if text.startswith("…"):
        while text[1:] not in sys.stdin.readline(): pass
    else:
        print(MARK + text if text.startswith("{") else text, end="" if text.endswith("…") else None, flush=True)
"""


def process(code: str, *arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8")


def probe_that(*says: str) -> Probe:
    return Probe(process(ACTOR, '{"ok": "ready"}', *says))


def test_what_is_printed_before_the_probe_takes_the_channel_is_no_answer() -> None:
    with Probe(process(ACTOR, "warming up", "no newline…", '{"ok": "ready"}', '{"ok": 42}')) as probe:
        assert probe.ask({"do": "hello"}, "asking") == 42


def test_a_question_is_answered_in_the_middle_of_a_request() -> None:
    asked = []

    def answering(question: str, value: object) -> dict[str, object]:
        asked.append((question, value))
        return {"hold": [7]}

    with probe_that("…revision", '{"ask": "operations", "value": [7]}', '…{"hold": [7]}', '{"ok": "done"}') as probe:
        assert probe.ask({"do": "revision"}, "autogenerating", answering) == "done"
    assert asked == [("operations", [7])]


def test_a_question_that_nobody_expects_is_an_error() -> None:
    with (
        probe_that('{"ask": "weather", "value": 1}') as probe,
        pytest.raises(CannotProceed, match="The probe asked 'weather', which nothing here answers"),
    ):
        probe.ask({"do": "hello"}, "asking")


def test_a_refusal_counts_more_than_the_error_that_came_of_it() -> None:
    refused = '{"error": {"type": "X", "message": "m"}, "refused": ["db:5432/shop"]}'
    with probe_that(refused) as probe, pytest.raises(WrongDatabase) as caught:
        probe.ask({"do": "current"}, "looking")
    assert str(caught.value) == (
        "Stopped before the first statement: a connection of the application's env.py leads to db:5432/shop, which"
        " does not carry this run's token. It is not the temp database. Nothing was changed there."
    )


def test_a_python_that_does_not_start_is_told_with_what_it_said_and_leaves_no_process() -> None:
    started = process("import sys; sys.exit('there is no Python in postgresql://shop:pa55@db/shop')")
    with pytest.raises(CannotProceed) as caught, Probe(started):
        pass
    assert caught.value.reasons == (
        "The application's Python ended while starting the probe (exit code 1). It said:",
        "  there is no Python in postgresql://shop:***@db/shop",
    )
    assert started.returncode == 1
    assert started.stdin is not None
    assert started.stdin.closed


HANGS = """
import sys, time
print("waiting for the cache", file=sys.stderr, flush=True)
time.sleep(60)
"""


def test_an_answer_that_does_not_come_is_not_waited_for_longer_than_the_setting() -> None:
    hanging = process(HANGS)
    with pytest.raises(CannotProceed) as caught, Probe(hanging, patience=1):
        pass
    late = "gave no answer within 1 seconds (the setting `command_timeout`) while starting the probe, and was ended."
    assert caught.value.reasons == (f"The application's Python {late}", "It said last:", "  waiting for the cache")
    assert hanging.returncode == -signal.SIGKILL


def test_closing_twice_is_safe_and_a_process_without_pipes_is_refused() -> None:
    with probe_that() as probe:
        probe.close()
    with (
        subprocess.Popen([sys.executable, "-c", ""], text=True) as bare,
        pytest.raises(ValueError, match="three pipes"),
    ):
        Probe(bare)
