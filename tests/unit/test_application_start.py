"""How the application is started without its container: with which words, and on which port."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from migrations_tools.sandbox.local.application import Start, free_port, plan_start, stamped

UVICORN = "uvicorn app:app --host 0.0.0.0 --port 8000"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param(UVICORN, "uvicorn app:app --host 127.0.0.1 --port 43210", id="a word of its own"),
        pytest.param("uvicorn app:app --port=8000", "uvicorn app:app --port=43210", id="behind an equals sign"),
        pytest.param("flask run -p8000", "flask run -p43210", id="right behind a short option"),
        pytest.param("gunicorn -b 0.0.0.0:8000 app", "gunicorn -b 127.0.0.1:43210 app", id="with an address"),
        pytest.param("gunicorn --bind=0.0.0.0:8000 app", "gunicorn --bind=127.0.0.1:43210 app", id="both at once"),
        pytest.param("gunicorn -b :8000 app", "gunicorn -b 127.0.0.1:43210 app", id="without an address"),
        pytest.param("gunicorn -b [::]:8000 app", "gunicorn -b 127.0.0.1:43210 app", id="with an address of IPv6"),
        pytest.param("hypercorn -b localhost:8000 app", "hypercorn -b localhost:43210 app", id="with a name"),
        pytest.param("python manage.py runserver 8000", "python manage.py runserver 43210", id="as an argument"),
        pytest.param("serve --host=0.0.0.0 --port=8000", "serve --host=127.0.0.1 --port=43210", id="a host by itself"),
    ],
)
def test_the_port_moves_and_only_this_machine_is_listened_on(command: str, expected: str) -> None:
    assert plan({"command": command.split()}) == Start(tuple(expected.split()), 43210)


@pytest.mark.parametrize("word", ["18000", "80001", "1.8000", "8000000", "28000"], ids=lambda word: f"in {word}")
def test_a_number_that_only_holds_the_port_stays(word: str) -> None:
    assert plan({"command": ["serve", "--max", word, "8000"]}).command == ("serve", "--max", word, "43210")


def test_a_command_that_names_no_port_is_not_started_and_says_which_setting_would_help() -> None:
    start = plan({"command": ["python", "app.py"]})
    assert start.command == ()
    assert start.reason == "its command names no port 8000 that could be moved; set `application_command`"


def test_without_any_command_nothing_is_started_and_the_reason_is_told() -> None:
    assert plan({}) == Start((), 43210, "nothing says how the application is started; set `application_command`")


# --- the setting -----------------------------------------------------------------------------------------------------


def test_the_setting_wins_over_the_command_of_the_service() -> None:
    start = plan({"command": UVICORN.split()}, setting="python -m 'my server' --port {port}")
    assert start == Start(("python", "-m", "my server", "--port", "43210"), 43210)


def test_a_setting_without_a_port_is_taken_as_it_is() -> None:
    assert plan({}, setting="python serve.py").command == ("python", "serve.py")


# --- the Dockerfile --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            'CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000"]',
            "uvicorn app:app --host 127.0.0.1 --port 43210",
            id="exec form",
        ),
        pytest.param("CMD uvicorn app:app --port 8000", "uvicorn app:app --port 43210", id="shell form"),
        pytest.param("  cmd   flask run -p 8000", "flask run -p 43210", id="small letters, indented"),
    ],
)
def test_without_a_command_the_dockerfile_says_how(tmp_path: Path, line: str, expected: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM python:3\nEXPOSE 8000\n{line}\n")
    assert plan({"build": {"context": str(tmp_path)}}) == Start(tuple(expected.split()), 43210)


def test_a_shell_form_that_needs_a_shell_gets_one(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nCMD alembic upgrade head && serve --port 8000\n")
    command = plan({"build": {"context": str(tmp_path)}}).command
    assert "&&" not in command
    assert command[-1].endswith("&& serve --port 43210")


def test_quotes_that_do_not_end_are_left_to_the_shell(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nCMD serve --port 8000 'x\n")
    assert plan({"build": {"context": str(tmp_path)}}).command == ("/bin/sh", "-c", "serve --port 43210 'x")


def test_a_dollar_that_compose_doubled_is_one_again() -> None:
    command = ["sh", "-c", "serve --port 8000 --as $$USER"]
    assert plan({"command": command}).command == ("sh", "-c", "serve --port 43210 --as $USER")


def test_a_cmd_over_several_lines_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM a\nCMD ["serve", \\\n     "--port", "8000"]\n')
    assert plan({"build": {"context": str(tmp_path)}}).command == ("serve", "--port", "43210")


def test_an_address_within_a_longer_word_is_this_machines_too() -> None:
    start = plan({"command": ["sh", "-c", "exec serve --host 0.0.0.0 --port 8000"]})
    assert start.command == ("sh", "-c", "exec serve --host 127.0.0.1 --port 43210")


def test_the_last_cmd_of_a_dockerfile_counts(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a AS b\nCMD serve --port 1\nFROM b\nCMD serve --port 8000\n")
    assert plan({"build": {"context": str(tmp_path)}}).command == ("serve", "--port", "43210")


def test_a_dockerfile_of_another_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nCMD wrong --port 8000\n")
    (tmp_path / "api.Dockerfile").write_text("FROM a\nCMD right --port 8000\n")
    service = {"build": {"context": str(tmp_path), "dockerfile": "api.Dockerfile"}}
    assert plan(service).command == ("right", "--port", "43210")


def test_the_command_of_the_service_wins_over_the_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nCMD wrong --port 8000\n")
    service = {"command": ["right", "--port", "8000"], "build": {"context": str(tmp_path)}}
    assert plan(service).command == ("right", "--port", "43210")


@pytest.mark.parametrize("text", ["FROM a\n", 'FROM a\nCMD ["broken\n'], ids=["without a CMD", "with a broken CMD"])
def test_a_dockerfile_that_does_not_say_how_starts_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    assert plan({"build": {"context": str(tmp_path)}}).reason.startswith("nothing says how the application is started")


# --- ports and logs --------------------------------------------------------------------------------------------------


def test_a_free_port_can_be_listened_on() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))


def test_every_line_of_a_log_counts_as_said_after_the_migrations(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"up\nbroken \xff\n")
    assert stamped(tmp_path / "log") == ["9999-12-31T00:00:00Z up", "9999-12-31T00:00:00Z broken \ufffd"]
    assert stamped(tmp_path / "none") == []


def plan(service: dict[str, Any], setting: str = "") -> Start:
    return plan_start(setting, service, 8000, 43210)
