"""The logs: errors after the migrations fail, errors before are a warning, each told once with its count."""

from __future__ import annotations

from migrations_tools.proofs import logs
from migrations_tools.proofs.proof import FAILED, PASSED
from tests.support.speaking import TRACEBACK

SINCE = "2026-01-01T00:00:02.5Z"
LINES = [
    '2026-01-01T00:00:01.000000000Z ERROR: relation "users" does not exist',
    "2026-01-01T00:00:02.500000000Z Traceback (most recent call last):",
    '2026-01-01T00:00:02.500000001Z   File "a.py", line 1, in f',
    "2026-01-01T00:00:02.500000002Z ValueError: postgresql://u:hunter2@db/x",
    "2026-01-01T00:00:03.000000000Z ERROR: column users.nick does not exist",
    "2026-01-01T00:00:04.000000000Z ERROR: column users.nick does not exist",
]


def _at(second: int, text: str) -> list[str]:
    return [f"2026-01-01T00:00:0{second}.000000000Z {line}" for line in text.splitlines()]


def test_the_log_after_the_migrations_must_be_clean_and_each_offence_is_told_once() -> None:
    proof = logs.clean({"api": LINES, "bot": []}, SINCE, [])
    assert proof.outcome == FAILED
    assert proof.details == (
        'api: ValueError: postgresql://u:***@db/x (File "a.py", line 1, in f)',
        "api: ERROR: column users.nick does not exist (2 times)",
    )


def test_what_was_logged_before_the_migrations_is_a_warning() -> None:
    proof = logs.clean({"bot": [*LINES[:1], *LINES[:1]]}, SINCE, [])
    assert proof.outcome == PASSED
    assert proof.warnings == ('before the migrations were done: bot: ERROR: relation "users" does not exist (2 times)',)


def test_a_failure_keeps_its_warnings() -> None:
    proof = logs.clean({"api": LINES}, SINCE, [])
    assert (proof.outcome, len(proof.warnings)) == (FAILED, 1)


def test_an_error_of_an_application_and_the_databases_own_line_of_it_are_one() -> None:
    said = '2026-01-01 00:00:03.1 UTC [45] ERROR:  relation "email_logs" does not exist at character 15'
    proof = logs.clean({"api": [*_at(3, TRACEBACK), *_at(4, TRACEBACK)], "postgres": _at(3, said)}, SINCE, [])
    assert proof.outcome == FAILED
    assert proof.evidence.startswith("api (2), postgres (1): sqlalchemy.exc.ProgrammingError: ")
    assert proof.evidence.endswith('(File "/app/src/routes/email_logs.py", line 12, in list_logs)')


def test_the_databases_own_log_counts() -> None:
    said = '2026-01-01 00:00:03.1 UTC [45] ERROR:  relation "a" does not exist at character 15'
    assert logs.clean({"postgres": _at(3, said)}, SINCE, []).outcome == FAILED


def test_lines_that_differ_in_times_numbers_and_addresses_alone_are_one() -> None:
    said = "2026-01-01 10:00:0{0}.123 [{0}2] PANIC at 0x7f{0} in job 7f3c1a2{0}-1111-2222-3333-444455556666"
    proof = logs.clean({"api": [*_at(3, said.format(1)), *_at(4, said.format(2))]}, SINCE, ["PANIC"])
    assert proof.evidence.endswith(" (2 times)")


def test_tables_that_differ_in_a_digit_are_two() -> None:
    lines = [line for name in ("logs1", "logs2") for line in _at(3, f'ERROR: relation "{name}" does not exist')]
    assert len(logs.clean({"api": lines}, SINCE, []).details) == 2


def test_a_pattern_of_the_projects_own_counts_too() -> None:
    assert logs.clean({"api": _at(5, "PANIC")}, SINCE, ["PANIC"]).outcome == FAILED


def test_what_would_steer_a_terminal_is_shown_and_secrets_are_not() -> None:
    proof = logs.clean(
        {"api": _at(5, "PANIC s3cr3t\x1b[2J")}, SINCE, ["PANIC"], lambda text: text.replace("s3cr3t", "*")
    )
    assert proof.evidence == "api: PANIC *\\x1b[2J"


def test_what_this_tool_did_meanwhile_in_the_databases_log_is_left_out() -> None:
    assert logs.without(["a", "own", "own", "b"], (1, 3)) == ["a", "b"]
