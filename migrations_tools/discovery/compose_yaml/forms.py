"""The parts of a service in the one form of `docker compose config`, whichever form a file uses.

What discovery does not ask about (volumes, labels, deploy, …) is left out: it is neither read nor checked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_yaml import ports, words
from migrations_tools.discovery.compose_yaml.failing import fail
from migrations_tools.discovery.compose_yaml.tagged import through
from migrations_tools.discovery.compose_yaml.words import scalar

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|git@|github\.com/")
Form = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Base:
    """What the relative paths of a file start from, and what `~` stands for."""

    folder: Path
    home: str

    def absolute(self, path: str) -> str:
        """Return a path from the root, `..` taken out as Compose does: by name, not through links."""
        if self.home and path.startswith("~"):
            path = f"{self.home}/{path[1:]}"
        return os.path.normpath(self.folder / path)


def is_remote(path: str) -> bool:
    """Return whether a path is an address that Compose would fetch."""
    return bool(_REMOTE.match(path))


def formed(service: Any, place: str, base: Base) -> dict[str, Any]:
    """Return a service in the one form. Raises CannotProceed for what does not belong where it stands."""
    if not isinstance(service, dict):
        fail(place, "a service is a map.")
    return {key: _formed(key, value, f"{place}.{key}", base) for key, value in service.items()}


def _formed(key: str, value: Any, place: str, base: Base) -> Any:
    if key in _WITH_PATHS:
        return through(value, partial(_WITH_PATHS[key], place=place, base=base))
    return through(value, partial(_FORMS[key], place=place))


def _text(value: Any, place: str) -> str:
    return value if isinstance(value, str) else fail(place, "a text belongs here.")


def _texts(value: Any, place: str) -> list[str]:
    if not isinstance(value, list):
        fail(place, "a list belongs here.")
    return [_text(each, f"{place}[{number}]") for number, each in enumerate(value)]


def _map(value: Any, place: str) -> dict[str, Any]:
    return value if isinstance(value, dict) else fail(place, "a map belongs here.")


def _command(value: Any, place: str) -> list[str] | None:
    if value is None:
        return None
    return words.split(value, place) if isinstance(value, str) else _texts(value, place)


def _variables(value: Any, place: str) -> dict[str, Any]:
    if isinstance(value, list):
        pairs = (each.partition("=") for each in _texts(value, place))
        return {name: text if sign else None for name, sign, text in pairs}
    return _each(_map(value, place), place, _variable)


def _each(values: Mapping[str, Any], place: str, form: Form) -> dict[str, Any]:
    return {key: through(value, partial(form, place=f"{place}.{key}")) for key, value in values.items()}


def _variable(value: Any, place: str) -> str | None:
    return None if value is None else scalar(value, place)


def _named(value: Any, place: str) -> dict[str, Any]:
    """Return a list of names, or a map of names, as a map."""
    return dict.fromkeys(_texts(value, place)) if isinstance(value, list) else _map(value, place)


def _depends_on(value: Any, place: str) -> dict[str, Any]:
    if isinstance(value, list):
        return {name: {"condition": "service_started", "required": True} for name in _texts(value, place)}
    return _each(_map(value, place), place, _dependency)


def _dependency(value: Any, place: str) -> dict[str, Any]:
    return {"required": True, **_map(value, place)}


def _healthcheck(value: Any, place: str) -> dict[str, Any]:
    return _known(_map(value, place), place, _CHECK_FORMS)


def _known(values: Mapping[str, Any], place: str, forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return the values of known keys in their forms; the others are passed over."""
    known = {key: value for key, value in values.items() if key in forms}
    return {key: through(value, partial(forms[key], place=f"{place}.{key}")) for key, value in known.items()}


def _duration(value: Any, place: str) -> str:
    return words.duration(_text(value, place), place)


def _test(value: Any, place: str) -> list[str]:
    if isinstance(value, str):
        return ["CMD-SHELL", value]
    test = _texts(value, place)
    if test and test[0] not in ("CMD", "CMD-SHELL", "NONE"):
        fail(place, "a test starts with CMD, CMD-SHELL or NONE.")
    return test


def _whole(value: Any, place: str) -> int:
    text = scalar(value, place)
    return int(text) if text.isdigit() else fail(place, "a whole number belongs here.")


def _truth(value: Any, place: str) -> bool:
    text = scalar(value, place).lower()
    if text not in ("true", "yes", "on", "y", "1", "false", "no", "off", "n", "0"):
        fail(place, "true or false belongs here.")
    return text in ("true", "yes", "on", "y", "1")


_CHECK_FORMS: Mapping[str, Form] = {
    "test": _test,
    "retries": _whole,
    "disable": _truth,
    "interval": _duration,
    "timeout": _duration,
    "start_period": _duration,
    "start_interval": _duration,
}
_FORMS: Mapping[str, Form] = {
    "image": _text,
    "container_name": _text,
    "hostname": _text,
    "working_dir": _text,
    "network_mode": _text,
    "ipc": _text,
    "pid": _text,
    "uts": _text,
    "cgroup": _text,
    "command": _command,
    "entrypoint": _command,
    "environment": _variables,
    "ports": ports.long_form,
    "healthcheck": _healthcheck,
    "depends_on": _depends_on,
    "networks": _named,
    "links": _texts,
    "volumes_from": _texts,
    "profiles": _texts,
}


def _build(value: Any, place: str, base: Base) -> dict[str, Any]:
    build = {"context": value} if isinstance(value, str) else _map(value, place)
    context = partial(_context, base=base)
    forms: dict[str, Form] = {
        "context": context,
        "args": _variables,
        "dockerfile": _text,
        "dockerfile_inline": _text,
        "target": _text,
    }
    return _known(build, place, forms)


def _context(value: Any, place: str, base: Base) -> str:
    text = _text(value, place)
    return base.absolute(text) if text and not is_remote(text) else text


def _env_file(value: Any, place: str, base: Base) -> list[dict[str, Any]]:
    each = value if isinstance(value, list) else [value]
    return [_one_env_file(file, f"{place}[{number}]", base) for number, file in enumerate(each)]


def _one_env_file(value: Any, place: str, base: Base) -> dict[str, Any]:
    file = value if isinstance(value, dict) else {"path": value}
    if file.get("format"):
        fail(place, f"the format {file['format']!r} of a file of variables is not followed here.")
    path = base.absolute(_text(file.get("path"), place))
    return {"path": path, "required": _truth(file.get("required", True), place)}


def _extends(value: Any, place: str, base: Base) -> dict[str, Any]:
    extends = {"service": value} if isinstance(value, str) else _map(value, place)
    file = extends.get("file")
    if file is not None and is_remote(_text(file, place)):
        fail(place, f"{file} would have to be fetched, which is not done here.")
    return {"service": _text(extends.get("service"), place), "file": file and base.absolute(file)}


_WITH_PATHS: Mapping[str, Form] = {"build": _build, "env_file": _env_file, "extends": _extends}
#: The keys of a service that are read; all others are passed over.
READ = frozenset({*_FORMS, *_WITH_PATHS})
