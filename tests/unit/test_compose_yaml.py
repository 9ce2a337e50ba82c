"""Compose files read without Docker: what comes out is what `docker compose config` says, or an error with a place."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.discovery.compose_yaml import read
from migrations_tools.errors import CannotProceed
from tests.unit.isolation.folders import CASES as ISOLATION
from tests.unit.isolation.folders import Case, compose_program

CASES = Path(__file__).parent / "compose_yaml_cases"
EXAMPLE = Path(__file__).parents[2] / "compose"
FIELDS = (
    "image",
    "build",
    "command",
    "entrypoint",
    "environment",
    "ports",
    "healthcheck",
    "depends_on",
    "networks",
    "container_name",
    "hostname",
    "working_dir",
    "network_mode",
    "links",
    "profiles",
)
BUILD = ("context", "dockerfile", "dockerfile_inline", "target", "args")
HOME = {"HOME": "/home/somebody"}

folders = pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
isolation_folders = pytest.mark.parametrize(
    "folder", sorted(path for path in ISOLATION.iterdir() if path.is_dir()), ids=lambda folder: folder.name
)
needs_compose = pytest.mark.skipif(compose_program() is None, reason="there is no Compose program on this machine")


def _files(folder: Path) -> tuple[Path, ...]:
    return (folder / "compose.yaml", *sorted(folder.glob("compose.[0-9].yaml")))


def _environment(folder: Path) -> dict[str, str]:
    path = folder / "environment.json"
    return {**HOME, **(json.loads(path.read_text()) if path.exists() else {})}


def _read(files: Sequence[Path], environment: Mapping[str, str] = HOME, **more: Any) -> dict[str, Any]:
    return read(ComposeFiles(tuple(files), files[0].parent, "the test"), (), environment, **more)


def _real(files: Sequence[Path], environment: Mapping[str, str]) -> dict[str, Any]:
    """What the real program says; it needs no engine for that."""
    program = compose_program()
    assert program is not None
    words = [*program.program, "--project-directory", str(files[0].parent)]
    words += [word for file in files for word in ("--file", str(file))]
    done = subprocess.run(
        [*words, "config", "--format", "json"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def _asked(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a resolved configuration that is promised."""
    services = {}
    for name, service in config["services"].items():
        kept = {field: service[field] for field in FIELDS if field in service}
        if "build" in kept:
            kept["build"] = {key: kept["build"][key] for key in BUILD if key in kept["build"]}
        services[name] = kept
    return {"name": config["name"], "services": services}


def _at(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(config).replace(str(folder), "/project")))


@folders
def test_a_case_comes_out_as_compose_says(folder: Path) -> None:
    expected = json.loads((folder / "resolved.json").read_text(encoding="utf-8"))
    assert _at(folder, _read(_files(folder), _environment(folder))) == expected


@needs_compose
@folders
def test_what_a_case_expects_is_what_the_real_program_says(folder: Path) -> None:
    actual = _at(folder, _asked(_real(_files(folder), _environment(folder))))
    path = folder / "resolved.json"
    if os.environ.get("ACCEPT_CASES"):
        path.write_text(json.dumps(actual, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert actual == json.loads(path.read_text(encoding="utf-8"))


@isolation_folders
def test_the_stacks_of_the_isolation_cases_come_out_as_compose_says(folder: Path) -> None:
    case = Case(folder)
    actual = _read(case.files, {}, profiles=case.profiles)
    assert _at(folder, actual) == _asked(case.config)


@needs_compose
def test_the_example_comes_out_as_compose_says() -> None:
    files = [EXAMPLE / "docker-compose.yml"]
    assert _read(files) == _asked(_real(files, HOME))


def test_the_example_is_read_without_any_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    config = _read([EXAMPLE / "docker-compose.yml"])
    assert config["name"] == "recyclic"
    assert config["services"]["postgres"]["image"] == "postgres:15"
    assert config["services"]["api-migrations"]["command"] == ["alembic", "upgrade", "head"]
    assert config["services"]["api"]["build"]["context"] == str(EXAMPLE / "api")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("My Proj.X", "myprojx"), ("_-abc", "abc"), ("ÀB", "b"), ("123", "123"), ("shop_api-2", "shop_api-2")],
)
def test_a_project_without_a_name_is_called_after_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir()
    file = tmp_path / folder / "compose.yaml"
    file.write_text("services: {a: {image: $COMPOSE_PROJECT_NAME}}")
    config = _read([file])
    assert (config["name"], config["services"]["a"]["image"]) == (name, name)


def test_the_name_comes_from_the_option_the_environment_the_files_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text('name: "In ${X:-File}"\nservices: {a: {image: x}}')
    assert _read([file])["name"] == "infile"
    assert _read([file], {"COMPOSE_PROJECT_NAME": "environment"})["name"] == "environment"
    assert _read([file], {"COMPOSE_PROJECT_NAME": "environment"}, project="option")["name"] == "option"
    with pytest.raises(CannotProceed, match="'Bad' is no Compose project name"):
        _read([file], {"COMPOSE_PROJECT_NAME": "Bad"})


def test_given_files_of_variables_take_the_place_of_the_one_beside(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {a: {image: 'x:${TAG:-none}'}}")
    (tmp_path / ".env").write_text("TAG=beside")
    (tmp_path / "a.env").write_text("TAG=given")
    compose = ComposeFiles((file,), tmp_path, "the test")
    assert read(compose, (), {})["services"]["a"]["image"] == "x:beside"
    assert read(compose, (), {"TAG": "outer"})["services"]["a"]["image"] == "x:outer"
    assert read(compose, (), {"COMPOSE_DISABLE_ENV_FILE": "1"})["services"]["a"]["image"] == "x:none"
    assert read(compose, (tmp_path / "a.env",), {})["services"]["a"]["image"] == "x:given"


def test_what_discovery_does_not_ask_about_may_be_anything(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {a: {image: x, volumes: ['${NO:?}:/x'], newer: {a: 2024-01-01}}}\nvolumes: {v: !x y}")
    with pytest.raises(CannotProceed, match="the tag !x is not known here"):
        _read([file])
    file.write_text("services: {a: {image: x, volumes: ['${NO:?}:/x'], newer: {a: 2024-01-01}}}")
    assert _read([file])["services"]["a"]["image"] == "x"


SERVICE = "services: {{a: {{image: x, {}}}}}"
REFUSED = {
    "no YAML": ("services: [", "DIR/compose.yaml is not valid YAML: "),
    "a list": ("[a]", "DIR/compose.yaml: the whole of a Compose file must be a map."),
    "a key twice": (SERVICE.format("image: y"), "DIR/compose.yaml, line 1: the key image is written twice."),
    "a key that is a number": (SERVICE.format("environment: {1: a}"), "line 1: a key must be a text"),
    "an anchor in itself": ("a: &a {b: *a}", "line 1: this is nested too deep, or an anchor holds itself."),
    "an unknown tag": (SERVICE.format("command: !x y"), "DIR/compose.yaml, line 1: the tag !x is not known here."),
    "a type by hand": (SERVICE.format("command: !!binary y"), "line 1: the type binary is not followed here"),
    "a merge of a text": ("a: {<<: b}", "line 1: the merge key `<<` takes a map or a list of maps."),
    "services as a list": ("services: []", "DIR/compose.yaml: services: a map of services belongs here."),
    "a service as a text": ("services: {a: x}", "DIR/compose.yaml: services.a: a service is a map."),
    "neither image nor build": ("services: {a: {}}", "services.a: a service needs an `image` or a `build`."),
    "a required variable": (
        SERVICE.format("environment: {URL: '${DB:?say where $SECRET}'}"),
        "DIR/compose.yaml: services.a.environment.URL: the variable DB must be set: say where $SECRET",
    ),
    "an open brace": (SERVICE.format("command: 'a ${B'"), "services.a.command: a `${` is never closed"),
    "another expression": (SERVICE.format("command: ['${B/x/y}']"), "services.a.command[0]: what stands in `${…}`"),
    "a tag in a list": (SERVICE.format("ports: [!reset '80']"), "services.a.ports[0]: a port is a number"),
    "a port of letters": (SERVICE.format("ports: ['a:80']"), "services.a.ports[0]: 'a:80' is no port such as"),
    "a port too high": (SERVICE.format("ports: ['70000:80']"), "services.a.ports[0]: '70000' is no port number"),
    "ranges of two lengths": (SERVICE.format("ports: ['80:80-82']"), "the ranges of published and target ports differ"),
    "a host name": (SERVICE.format("ports: ['localhost:80:80']"), "'localhost:80:80' is no port such as"),
    "a port without a target": (SERVICE.format("ports: [{published: 5}]"), "ports[0]: a port needs a `target`"),
    "ports as a text": (SERVICE.format("ports: '80'"), "services.a.ports: a list of ports belongs here."),
    "open quotes": (SERVICE.format("command: 'a \"b'"), "services.a.command: the command cannot be split into words"),
    "a subshell": (SERVICE.format("command: '(a)'"), "services.a.command: the command cannot be split into words"),
    "a number in a command": (SERVICE.format("command: [a, 1]"), "services.a.command[1]: a text belongs here."),
    "a date": (SERVICE.format("environment: {D: 2024-01-01}"), "environment.D: Compose reads '2024-01-01' as a date"),
    "infinity": (SERVICE.format("environment: {D: .inf}"), "environment.D: Compose reads '.inf' as a date or as no"),
    "a map as a variable": (SERVICE.format("environment: {A: {}}"), "environment.A: a text, a number or a truth value"),
    "variables as a text": (SERVICE.format("environment: A=1"), "services.a.environment: a map belongs here."),
    "a bare interval": (SERVICE.format("healthcheck: {interval: '10'}"), "healthcheck.interval: '10' is no duration"),
    "another test": (SERVICE.format("healthcheck: {test: [x]}"), "healthcheck.test: a test starts with CMD"),
    "a missing env_file": (SERVICE.format("env_file: no.env"), "services.a.env_file: DIR/no.env does not exist."),
    "a raw env_file": (SERVICE.format("env_file: {path: a, format: raw}"), "the format 'raw' of a file of variables"),
    "a bad env_file": (SERVICE.format("env_file: bad.env"), "DIR/bad.env, line 2: this is no `NAME=value`."),
    "open quotes in one": (SERVICE.format("env_file: open.env"), "DIR/open.env, line 1: the quotes are not closed"),
    "extending nobody": (SERVICE.format("extends: b"), "a.extends: there is no service b in DIR/compose.yaml."),
    "extending in a circle": (
        "services: {a: {extends: b}, b: {extends: a}}",
        "services.a.extends: the services extend each other in a circle.",
    ),
    "extending what is not there": (SERVICE.format("extends: {service: b, file: no.yaml}"), "no.yaml cannot be read"),
    "extending from afar": (
        SERVICE.format("extends: {service: b, file: 'https://example.com/a.git'}"),
        "services.a.extends: https://example.com/a.git would have to be fetched, which is not done here.",
    ),
    "including from afar": ("include: ['oci://example.com/a']", "include[0]: oci://example.com/a would have"),
    "including oneself": ("include: [compose.yaml]", "include[0]: DIR/compose.yaml is included in a circle."),
    "including a text": ("include: a.yaml", "DIR/compose.yaml: include: a list belongs here."),
    "a service that is included too": (
        "include: [other.yaml]\nservices: {a: {image: x}}",
        "services.a: an included file has another service of this name.",
    ),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_followed_is_an_error_that_names_file_and_place(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(text)
    (tmp_path / "bad.env").write_text("A=1\nB C=2\n")
    (tmp_path / "open.env").write_text('A="1\n')
    (tmp_path / "other.yaml").write_text("services: {a: {image: y}}")
    with pytest.raises(CannotProceed) as caught:
        _read([file], {"SECRET": "hidden"})
    said = "\n".join(caught.value.reasons).replace(str(tmp_path), "DIR")
    assert reason in said
    assert "hidden" not in said


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(CannotProceed, match=r"The Compose file .*gone\.yaml cannot be read"):
        _read([tmp_path / "gone.yaml"])


# Where this reading is milder, or stricter, than Compose 2.26, on purpose.
DIFFERENT = {
    "an unused default may name a required variable that is missing": ("${SET:-${NO:?x}}", "s"),
    "so may an unused alternative": ("${NO:+${NO:?x}}", ""),
}


@pytest.mark.parametrize(("text", "value"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_difference_on_purpose(tmp_path: Path, text: str, value: str) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(f"services: {{a: {{image: x, environment: {{V: '{text}'}}}}}}")
    assert _read([file], {"SET": "s"})["services"]["a"]["environment"] == {"V": value}
