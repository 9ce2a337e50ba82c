"""Every setting, read by Invoke itself from each place where it may stand, and what Invoke cannot read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from migrations_tools import settings
from migrations_tools.errors import CannotProceed
from tests.support.front_door import loaded

ROOT = Path(__file__).parents[2]
SECTION = settings.SECTION
BLANK = settings.blank_values()
#: Values other than the default that each setting takes; a list, a text or a number of its own for the others.
VALUES: dict[str, Any] = {
    "engine": "embedded",
    "suffix": "_copy",
    "threshold": "warn",
    "postgres": "17",
    "postgres_versions": ["16", "pgvector/pgvector:pg17"],
    "openapi_path": "/api/openapi.json",
    "http_paths": ["/health"],
    "http_requests": ['POST /api/search {"q": "x"}'],
    "http_headers": {"Authorization": "Bearer ${API_TOKEN}", "X-Number": 7},
    "http_login": {
        "path": "/login",
        "form": {"username": "me", "password": "${PASSWORD}"},
        "before": ['POST /register {"name": "me"}'],
    },
    "environment": {"api": {"SMTP_HOST": "", "OLD": None}, "worker": {"DEBUG": "1"}},
    "allow": ["FD001:orders", {"code": "FD002", "object": "orders.total", "reason": "unused", "until": "2030-01-01"}],
}
NAMES = [each.name for each in fields(settings.Settings)]


def _value(name: str) -> Any:
    default = BLANK[name]
    if name in VALUES:
        return VALUES[name]
    if isinstance(default, bool):
        return not default
    return default + 7 if isinstance(default, int) else ["one", "two"] if isinstance(default, list) else f"some {name}"


def _toml(value: Any) -> str:
    """Write a value as TOML, which writes texts, numbers and lists as JSON does."""
    if isinstance(value, dict):
        return (
            f"{{{', '.join(f'{json.dumps(key)} = {_toml(item)}' for key, item in value.items() if item is not None)}}}"
        )
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else json.dumps(value)


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    return value


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["yaml", "yml", "json"])
def test_every_setting_is_taken_from_invokes_file(tmp_path: Path, name: str, form: str) -> None:
    (tmp_path / f"invoke.{form}").write_text(json.dumps({SECTION: {name: _value(name)}}))
    assert getattr(loaded(tmp_path), name) == _value(name) != BLANK[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_taken_from_pyproject(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.{SECTION}]\n{name} = {_toml(_value(name))}\n")
    assert getattr(loaded(tmp_path), name) == _without_nothing(_value(name))


@pytest.mark.parametrize("name", [name for name in NAMES if not isinstance(BLANK[name], (list, dict))])
def test_every_single_value_is_taken_from_the_environment_which_goes_first(tmp_path: Path, name: str) -> None:
    (tmp_path / "invoke.yaml").write_text(json.dumps({SECTION: {name: BLANK[name]}}))
    value = _value(name)
    text = str(int(value)) if isinstance(value, bool) else str(value)
    assert getattr(loaded(tmp_path, {f"INVOKE_MIGRATIONS_TOOLS_{name.upper()}": text}), name) == value


@pytest.mark.parametrize("name", [name for name in NAMES if isinstance(BLANK[name], (list, dict))])
def test_a_list_or_map_in_the_environment_is_refused_and_not_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / "invoke.yaml").write_text(json.dumps({SECTION: {name: _value(name)}}))
    variable = f"INVOKE_MIGRATIONS_TOOLS_{name.upper()}"
    word = "a map" if isinstance(BLANK[name], dict) else "a list"
    (told,) = _reasons(tmp_path, {variable: "hidden"})
    assert told.startswith(f"{variable}: `{SECTION}.{name}` is {word}, which Invoke cannot read from the environment.")


def test_a_value_inside_a_map_is_taken_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text("migrations_tools: {http_headers: {Authorization: none}}")
    variables = {"INVOKE_MIGRATIONS_TOOLS_HTTP_HEADERS_AUTHORIZATION": "Bearer x"}
    assert loaded(tmp_path, variables).http_headers == {"Authorization": "Bearer x"}


def _reasons(project: Path, variables: Mapping[str, str] = {}) -> tuple[str, ...]:
    with pytest.raises(CannotProceed) as caught:
        loaded(project, variables)
    return caught.value.reasons


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        pytest.param("HTTP_TIMEOUT", "hidden", " must be a whole number.", id="a text for a number"),
        pytest.param("INTERNAL", "false", " must be 0 or 1: Invoke takes every other text for true,", id="false"),
        pytest.param("ENGIN", "hidden", ": `migrations_tools.engin` is not a setting; did you mean", id="misspelt"),
    ],
)
def test_a_variable_that_invoke_would_misread_is_refused(
    tmp_path: Path, variable: str, value: str, reason: str
) -> None:
    name = f"INVOKE_MIGRATIONS_TOOLS_{variable}"
    (told,) = _reasons(tmp_path, {name: value})
    assert told.startswith(f"{name}{reason}")
    assert "hidden" not in told


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrong", ["hidden", ["hidden", 3], {"a": "hidden"}, None, 1.5], ids=lambda wrong: type(wrong).__name__
)
def test_a_value_of_a_wrong_type_is_told_in_a_sentence_and_not_repeated(tmp_path: Path, name: str, wrong: Any) -> None:
    if isinstance(wrong, type(BLANK[name])) and not isinstance(wrong, list):
        return
    (tmp_path / "invoke.yaml").write_text(json.dumps({SECTION: {name: wrong}}))
    if name == "allow" and isinstance(wrong, list):
        return
    told = "\n".join(_reasons(tmp_path))
    assert told.startswith(f"{tmp_path / 'invoke.yaml'}: `{SECTION}.{name}` must be ")
    assert "hidden" not in told


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        pytest.param("invoke.yaml", "- hidden\n", "{file} must be a map, with the settings under", id="a list"),
        pytest.param("invoke.yaml", "hidden\n", "{file} must be a map, with the settings under", id="a text"),
        pytest.param(
            "invoke.yaml", "a: 1\nb: [hidden\nc: d\n", "{file} is not valid YAML, line 3, column 2: expected", id="YAML"
        ),
        pytest.param("invoke.yaml", "a: 'hidden\n", "{file} is not valid YAML, line 2, column 1: found", id="a quote"),
        pytest.param("invoke.yaml", "a: \x00\n", "{file} cannot be read: unacceptable character", id="a control sign"),
        pytest.param("invoke.yaml", "[" * 5000, "{file} is nested too deeply to be read.", id="depth"),
        pytest.param("invoke.json", '{"a": hidden}', "{file} cannot be read: Expecting value: line 1", id="JSON"),
        pytest.param(
            "invoke.yaml",
            "migrations_tools: hidden\n",
            "`migrations_tools` in {file} must be a map of settings, not a text;",
            id="a section that is a text",
        ),
        pytest.param(
            "invoke.yaml",
            "migrations_tools:\n  # engine: auto\n",
            "`migrations_tools` in {file} must be a map of settings, not empty; `migrations_tools: {{}}` is an empty",
            id="a section without settings",
        ),
        pytest.param(
            "invoke.yaml",
            "migrations_tools: {8: hidden}\n",
            "{file}: `migrations_tools` has the key 8, which is a whole number: write it in quotes.",
            id="a key that is a number",
        ),
        pytest.param(
            "invoke.yaml",
            "migrations_tools: {environment: {api: {yes: hidden}}}\n",
            "{file}: `migrations_tools.environment.api` has the key True, which is true or false: write it in",
            id="a key that is a yes",
        ),
        pytest.param(
            "invoke.yaml",
            "migrations_tools: {environment: {http_proxy: hidden, HTTP_PROXY: ''}}\n",
            "`migrations_tools.environment.http_proxy` and `migrations_tools.environment.HTTP_PROXY` are one to Invoke",
            id="keys for one variable",
        ),
        pytest.param(
            "invoke.yaml",
            "migrations_tools: {environment: {api: {A: {B: hidden}}}}\n",
            "`migrations_tools.environment.api.A` must be a value, not a map.",
            id="a map too deep",
        ),
        pytest.param(
            "pyproject.toml",
            '[tool]\nmigrations_tools = "hidden" # tool.migrations_tools\n',
            "[tool.migrations_tools] in {file} must be a table, not a text.",
            id="a table that is a text",
        ),
        pytest.param(
            "pyproject.toml",
            "tool = 3 # tool.migrations_tools\n",
            "[tool.migrations_tools] in {file} must be a table, not a whole number.",
            id="no tables at all",
        ),
        pytest.param(
            "pyproject.toml",
            '[tool.migrations_tools]\nenvironment = "hidden"\n',
            "pyproject.toml: `migrations_tools.environment` must be a map, not a text.",
            id="a text for a map",
        ),
    ],
)
def test_what_invoke_would_end_on_is_told_in_a_sentence(tmp_path: Path, file: str, text: str, reason: str) -> None:
    path = tmp_path / file
    path.write_text(text)
    (told,) = _reasons(tmp_path)
    assert told.startswith(reason.format(file=path))
    assert "hidden" not in told


def test_a_file_in_another_encoding_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "invoke.yaml"
    path.write_text("migrations_tools: {engine: auto}\n", encoding="utf-16")
    assert _reasons(tmp_path) == (f"{path} is not in UTF-8, as Invoke's files must be. Save it in UTF-8.",)


@pytest.mark.parametrize("program", ["migrations_tools", "invoke"])
@pytest.mark.parametrize("command", ["--list", "status"])
def test_it_is_told_before_invoke_reads_the_same(tmp_path: Path, program: str, command: str) -> None:
    (tmp_path / "tasks.py").write_text("from migrations_tools import ns\n")
    (tmp_path / "invoke.yaml").write_text("migrations_tools: {http_login: hidden, server_url: [hidden]}\n")
    done = subprocess.run(
        [sys.executable, "-m", program, command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"ERROR: {tmp_path / 'invoke.yaml'}: `migrations_tools.http_login` must be a map, not a text.",
        f"{tmp_path / 'invoke.yaml'}: `migrations_tools.server_url` must be a text, not a list.",
        f"TIP: {settings.TIP}",
    ]
