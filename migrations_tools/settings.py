"""What a project may set, and how a mistake in it is reported.

Settings come from Invoke's own sources: `[tool.migrations_tools]` in `pyproject.toml`, then the
`migrations_tools` section of `invoke.yaml`, then `INVOKE_MIGRATIONS_TOOLS_*` in the environment, then options
on the command line. What is not set is discovered (see `discovery.py`). Nothing else is read.
"""

from __future__ import annotations

import difflib
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from migrations_tools.errors import CannotProceed

SECTION = "migrations_tools"
TIP = "docs/reference/settings.md lists every setting, with what it is for."
_ROOT_MARKS = ("invoke.yaml", "invoke.yml", "invoke.json", "tasks.py")
# With a separator in front, no name of the copy can be one of the original's, nor the beginning of an id.
_SUFFIX = re.compile(r"[_-][a-z0-9]+(?:[_-]+[a-z0-9]+)*")
# So that it fits behind the beginning of a database's name into PostgreSQL's 63 bytes.
_LONGEST_SUFFIX = 16
_THRESHOLDS = ("error", "warn", "info")
_ENGINES = ("auto", "compose", "embedded", "server")


def _setting(default: Any, words: str) -> Any:
    if isinstance(default, (list, dict)):
        return field(default_factory=default.copy, metadata={"help": words})
    return field(default=default, metadata={"help": words})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, validated. An empty value means: discover it."""

    engine: str = _setting("auto", "Where the temp database lives: `auto`, `compose`, `embedded` or `server`.")
    suffix: str = _setting("_temp", "What the name of everything in the copy ends in.")
    compose_files: list[str] = _setting([], "Compose files, in the order of `-f`.")
    env_files: list[str] = _setting(
        [], "Files for `--env-file`; without a Compose file, those whose variables the application gets."
    )
    profiles: list[str] = _setting([], "Compose profiles that the copy is started with.")
    project_name: str = _setting("", "The original's Compose project name.")
    services: list[str] = _setting([], "Only these services, and what they need; the database and Alembic's always.")
    exclude_services: list[str] = _setting([], "Services that the copy leaves out.")
    environment: dict[str, Any] = _setting(
        {}, "Variables for the application, `{SMTP_HOST: ''}`, or for services of the copy, `{api: {SMTP_HOST: ''}}`."
    )
    take_over_connection: bool = _setting(
        False, "Without containers, open env.py's connections on the temp database, whatever address they name."
    )
    internal: bool = _setting(False, "Cut the copy's networks off from the outside; its published ports still answer.")
    writable_mounts: list[str] = _setting([], "Host folders that the copy may write to, as the original does.")
    allow_hosts: list[str] = _setting([], "Outside hosts that a database or broker address of the copy may name.")
    database_service: str = _setting("", "The Compose service that is PostgreSQL.")
    alembic_service: str = _setting("", "The Compose service whose image Alembic runs in.")
    application_service: str = _setting("", "The Compose service that must answer over HTTP.")
    alembic_config: str = _setting("", "The Alembic configuration (`alembic.ini`).")
    alembic_sections: list[str] = _setting([], "Its sections (`alembic -n NAME`), if not all with a `script_location`.")
    alembic_command: str = _setting("", "The project's own command that runs Alembic (`python -m app db upgrade`).")
    install_command: str = _setting("", "What makes a fresh database where the history cannot be replayed.")
    imports: list[str] = _setting([], "Modules with models that are imported beside those that env.py imports.")
    versions: list[str] = _setting([], "The folder(s) of the revision files.")
    python: str = _setting("", "The Python that Alembic runs in: in the service's image, or here (`uv run python`).")
    postgres: str = _setting(
        "", "Another PostgreSQL for the copy: a major version, `'17'`, or an image, `pgvector/pgvector:pg17`."
    )
    postgres_versions: list[str] = _setting([], "What `nox -s fresh_install` goes over, each as for `postgres`.")
    postgres_bin: str = _setting("", "The folder of the embedded server's programs (`postgres`, `initdb`).")
    database_superuser: bool = _setting(
        False, "Make the role of the embedded database a superuser, as an image makes its `POSTGRES_USER`."
    )
    server_url: str = _setting("", "The server of the engine `server`, as a URL that names the database to make there.")
    application_command: str = _setting("", "What starts the application without Docker; `{port}` is its port.")
    stairway: str = _setting("new", "Which revisions go up, down and up again: `new`, `all`, or `REV..REV`.")
    irreversible: list[str] = _setting([], "Revisions that may lack a way back.")
    message: str = _setting("", "The message of a generated revision; made from its operations when empty.")
    base_branch: str = _setting(
        "", "The branch that drops are compared with, and that `review` takes as released; origin's default when empty."
    )
    allow: list[Any] = _setting([], "Drops that are meant: `CODE:object`, or a map of code, object, reason, until.")
    threshold: str = _setting("error", "From which severity on `review` ends with 1: `error`, `warn` or `info`.")
    large_tables: list[str] = _setting(
        [], "Tables whose locks matter, which makes notes on locks warnings; `*` is all."
    )
    quiet: bool = _setting(False, "Print nothing but results, as `--quiet` does; errors still go to standard error.")
    health_path: str = _setting("", "The path that must answer below 500; read from the health check when empty.")
    openapi_path: str = _setting(
        "", "Where the application serves its OpenAPI document; the usual places are asked when empty."
    )
    http_headers: dict[str, Any] = _setting({}, "Headers of every request: `{Authorization: 'Bearer ${API_TOKEN}'}`.")
    http_login: dict[str, Any] = _setting(
        {}, "A login before the routes are asked: `{path: /login, form: {username: me, password: '${PASSWORD}'}}`."
    )
    http_paths: list[str] = _setting([], "More paths to ask with GET, as where there is no OpenAPI document.")
    http_requests: list[str] = _setting(
        [], 'Requests of any method, sent in this order after the GETs: `\'POST /api/search {"q": "x"}\'`.'
    )
    log_patterns: list[str] = _setting([], "Regular expressions that must not occur in the logs, besides the usual.")
    answer_timeout: int = _setting(10, "Seconds that Docker and Compose may take to say which version they are.")
    start_timeout: int = _setting(300, "Seconds that the copy may take until every service is ready.")
    command_timeout: int = _setting(
        1800, "Seconds that one Docker command or one answer of the application's Python may take."
    )
    http_timeout: int = _setting(10, "Seconds that one HTTP request may take.")
    database_timeout: int = _setting(
        10, "Seconds that the temp database may take to let the tool in, or give it a lock."
    )
    stop_timeout: int = _setting(5, "Seconds that a process of the run is given to end before it is ended by force.")


def describe() -> dict[str, str]:
    """Return each setting's words, by name, in the order of the reference page."""
    return {item.name: str(item.metadata["help"]) for item in fields(Settings)}


def defaults(root: Path) -> dict[str, Any]:
    """Return the lowest level of Invoke's configuration: our defaults, overlaid by `pyproject.toml`'s table.

    Raises CannotProceed when `pyproject.toml` names the table and cannot be read.
    """
    return {SECTION: blank_values() | _pyproject_table(root / "pyproject.toml")}


def blank_values() -> dict[str, Any]:
    """Return each setting's default, by name."""
    blank = Settings()
    return {item.name: getattr(blank, item.name) for item in fields(Settings)}


def find_root(start: Path) -> Path:
    """Return the project's root: the nearest folder upwards that holds Invoke's files, else the start itself."""
    for folder in (start, *start.parents):
        if any((folder / mark).is_file() for mark in _ROOT_MARKS) or _pyproject_table(folder / "pyproject.toml"):
            return folder
    return start


def load(values: Mapping[str, Any]) -> Settings:
    """Validate the merged section.

    Raises CannotProceed with every mistake at once: unknown keys (with the nearest known one), wrong types,
    values out of range.
    """
    # Invoke hands over maps of a type of its own, at any depth, which is no Mapping.
    plain = {key: _plain(value) for key, value in values.items()}
    reasons = kind_mistakes(plain) or _value_mistakes(plain)
    if reasons:
        raise CannotProceed(reasons, tip=TIP)
    return Settings(**{**plain, "environment": _by_service(plain.get("environment", {}))})


def kind_mistakes(values: Mapping[str, Any]) -> list[str]:
    """Return the keys that are no settings, with the nearest known one, and the values of a wrong type.

    No value is repeated: what stands in the wrong place may be a secret.
    """
    defaults_by_name = blank_values()
    reasons = [unknown(key) for key in values if isinstance(key, str) and key not in defaults_by_name]
    for key, value in values.items():
        if key in defaults_by_name:
            reasons += _type_mistakes(key, value, defaults_by_name[key])
    return reasons


def _by_service(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables by service; those that are no service's, but the application's wherever it runs, under ""."""
    flat = {name: value for name, value in variables.items() if not isinstance(value, Mapping)}
    of_services = {name: value for name, value in variables.items() if isinstance(value, Mapping)}
    return {**of_services, **({"": {**of_services.get("", {}), **flat}} if flat else {})}


def changed(chosen: Settings, **values: Any) -> Settings:
    """Return the settings with some of them as an option says. Raises CannotProceed when it says what cannot be."""
    return load({item.name: getattr(chosen, item.name) for item in fields(Settings)} | values)


def _pyproject_table(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise CannotProceed(f"{path} cannot be read: {error}.") from error
    if f"tool.{SECTION}" not in text:
        return {}
    tools = _parse_toml(text, path).get("tool", {})
    table = tools.get(SECTION, {}) if isinstance(tools, dict) else tools
    if not isinstance(table, dict):
        raise CannotProceed(f"[tool.{SECTION}] in {path} must be a table, not {kind(table)}.")
    return table


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises CannotProceed when it is not valid TOML."""
    return _parse_toml(path.read_text(encoding="utf-8"), path)


def _parse_toml(text: str, path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotProceed(f"{path} is not valid TOML: {error}.") from error


def unknown(key: str) -> str:
    """Return the sentence about a key that is no setting."""
    near = difflib.get_close_matches(key, describe(), n=1)
    hint = f"; did you mean `{near[0]}`?" if near else "."
    return f"`{SECTION}.{key}` is not a setting{hint}"


def _type_mistakes(key: str, value: Any, default: Any) -> list[str]:
    wanted: type = type(default)
    if isinstance(value, bool) is not (wanted is bool) or not isinstance(value, wanted):
        return [f"`{SECTION}.{key}` must be {_WORDS[wanted]}, not {kind(value)}."]
    if isinstance(value, list) and key != "allow":
        wrong = [(number, item) for number, item in enumerate(value, 1) if not isinstance(item, str)]
        return [
            f"`{SECTION}.{key}` must be a list of texts; number {number} is {kind(item)}; write it in quotes."
            for number, item in wrong[:1]
        ]
    return []


def kind(value: Any) -> str:
    """Return what a value is, in words: a text, a list, a map."""
    return _WORDS.get(type(value), "empty" if value is None else f"a {type(value).__name__}")


_WORDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a map"}


def _value_mistakes(values: Mapping[str, Any]) -> list[str]:
    reasons = []
    if values.get("engine", "auto") not in _ENGINES:
        reasons.append(f"`{SECTION}.engine` must be one of {', '.join(_ENGINES)}, not {values['engine']!r}.")
    if values.get("threshold", "error") not in _THRESHOLDS:
        reasons.append(f"`{SECTION}.threshold` must be one of {', '.join(_THRESHOLDS)}, not {values['threshold']!r}.")
    suffix = str(values.get("suffix", "_temp"))
    if not _SUFFIX.fullmatch(suffix) or len(suffix) > _LONGEST_SUFFIX:
        form = f"_ or - and then words of a-z and 0-9, {_LONGEST_SUFFIX} signs at most, as `_temp` is"
        reasons.append(f"`{SECTION}.suffix` must be {form}, not {suffix!r}.")
    short = [item.name for item in fields(Settings) if item.name.endswith("_timeout") and values.get(item.name, 1) < 1]
    reasons += [f"`{SECTION}.{key}` must be at least 1 second, not {values[key]!r}." for key in short]
    reasons += _version_mistakes(values)
    reasons += _command_mistakes(str(values.get("application_command", "")))
    reasons += [mistake for pattern in values.get("log_patterns", []) if (mistake := _pattern_mistake(pattern))]
    return [*reasons, *_variable_mistakes(values.get("environment", {})), *_asking_mistakes(values)]


def _variable_mistakes(variables: Mapping[str, Any]) -> list[str]:
    place = f"`{SECTION}.environment"
    form = "must be a value or a service's map of variables"
    reasons = [f"{place}.{name}` {form}, no list." for name, value in variables.items() if isinstance(value, list)]
    maps = {name: value for name, value in variables.items() if isinstance(value, dict)}
    return reasons + [
        f"{place}.{service}.{name}` must be a value, not {kind(value)}."
        for service, inner in maps.items()
        for name, value in inner.items()
        if isinstance(value, (list, dict))
    ]


def _asking_mistakes(values: Mapping[str, Any]) -> list[str]:
    from migrations_tools import http_settings

    return [mistake.replace("`", f"`{SECTION}.", 1) for mistake in http_settings.mistakes(values)]


def _version_mistakes(values: Mapping[str, Any]) -> list[str]:
    from migrations_tools.images import is_wish

    wishes = [("postgres", wish) for wish in [values.get("postgres", "")] if wish]
    wishes += [("postgres_versions", wish) for wish in values.get("postgres_versions", [])]
    form = "a major version (`17`) nor an image with its tag (`pgvector/pgvector:pg17`)"
    return [f"`{SECTION}.{key}` names {wish!r}, which is neither {form}." for key, wish in wishes if not is_wish(wish)]


def _command_mistakes(command: str) -> list[str]:
    try:
        shlex.split(command)
    except ValueError as error:
        # Which command it is, its author knows; it may hold a password.
        return [f"`{SECTION}.application_command` cannot be read as a command line: {error}."]
    return []


def _pattern_mistake(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return f"`{SECTION}.log_patterns` has {pattern!r}, which is no regular expression: {error}."
    return ""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping) or hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
