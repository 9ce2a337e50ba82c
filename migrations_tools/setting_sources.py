"""What Invoke would end on with a traceback, found in the places that it reads before it reads them.

Invoke merges its files without a look at their form, and reads the environment by the names that it then has: a file
that is no map, a section that is a text or two keys for one variable end every task where no task can catch it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from invoke.vendor import yaml

from migrations_tools import settings
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import SECTION

VARIABLE = f"INVOKE_{SECTION}_".upper()
# Of several forms Invoke reads the first that is there; one in Python is executed, and left to Invoke.
_SUFFIXES = ("yaml", "yml", "json")
_TRUTH = {"", "0", "1", "true", "yes", "on"}


def defaults(root: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the lowest level of Invoke's configuration, when it can be merged with everything above it.

    Raises CannotProceed with every mistake in the project's, the user's and the machine's files and in the variables.
    """
    lowest = settings.defaults(root)
    merged: dict[str, Any] = dict(lowest[SECTION])
    reasons = _prefixed("pyproject.toml", settings.kind_mistakes(merged))
    for prefix in (Path("/etc/invoke"), Path.home() / ".invoke", root / "invoke"):
        path = next((path for suffix in _SUFFIXES if (path := Path(f"{prefix}.{suffix}")).is_file()), None)
        section = _section(path) if path else {}
        found = [*_nameless(section, SECTION), *settings.kind_mistakes(section)]
        reasons += _prefixed(str(path), found)
        merged |= {} if found else section
    reasons += [*_one_variable(merged), *_variable_mistakes(environment)]
    if reasons:
        raise CannotProceed(reasons, tip=settings.TIP)
    return lowest


def _prefixed(place: str, reasons: list[str]) -> list[str]:
    return [f"{place}: {reason}" for reason in reasons]


def _section(path: Path) -> dict[Any, Any]:
    """Return the section of one of Invoke's files. Raises CannotProceed when Invoke could not take the file."""
    try:
        with path.open(encoding="utf-8") as file:
            read: Callable[[IO[str]], Any] = json.load if path.suffix == ".json" else yaml.safe_load
            data = read(file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise CannotProceed(f"{path} is not valid YAML{place}: {error.problem}.") from error
    except UnicodeDecodeError as error:
        raise CannotProceed(f"{path} is not in UTF-8, as Invoke's files must be. Save it in UTF-8.") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CannotProceed(f"{path} cannot be read: {getattr(error, 'strerror', '') or error}.") from error
    except RecursionError as error:
        raise CannotProceed(f"{path} is nested too deeply to be read.") from error
    if data is not None and not isinstance(data, dict):
        raise CannotProceed(f"{path} must be a map, with the settings under `{SECTION}:`, not {settings.kind(data)}.")
    section = (data or {}).get(SECTION, {})
    if not isinstance(section, dict):
        form = f"must be a map of settings, not {settings.kind(section)}; `{SECTION}: {{}}` is an empty one"
        raise CannotProceed(f"`{SECTION}` in {path} {form}.")
    return section


def _nameless(value: Any, place: str) -> Iterator[str]:
    """Yield the keys of maps that are no texts, of which Invoke can make no variable's name."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield f"`{place}` has the key {key!r}, which is {settings.kind(key)}: write it in quotes."
            yield from _nameless(item, f"{place}.{key}")


def _one_variable(section: Mapping[str, Any]) -> Iterator[str]:
    """Yield the settings that Invoke would read from one and the same variable, and refuses both."""
    places = defaultdict(list)
    for path in _leaves(section, ()):
        places["_".join(path).upper()].append(f"`{'.'.join((SECTION, *path))}`")
    for name, keys in places.items():
        if len(keys) > 1:
            form = f"are one to Invoke, which looks for {VARIABLE}{name} for both: keep one of them."
            yield f"{' and '.join(keys)} {form}"


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path


def _variable_mistakes(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with variables; Invoke ends on some, passes over others and takes `false` for true."""
    known = settings.blank_values()
    for name in sorted(name for name in environment if name.startswith(VARIABLE)):
        key = name.removeprefix(VARIABLE).lower()
        value, default = environment[name], known.get(key)
        if default is None:
            if not any(key.startswith(f"{each}_") for each in known if isinstance(known[each], dict)):
                yield f"{name}: {settings.unknown(key)}"
        elif isinstance(default, (list, dict)):
            form = f"{settings.kind(default)}, which Invoke cannot read from the environment"
            yield f"{name}: `{SECTION}.{key}` is {form}. Unset it, and write the setting to invoke.yaml."
        elif isinstance(default, bool) and value.lower() not in _TRUTH:
            yield f"{name} must be 0 or 1: Invoke takes every other text for true, `false` as well."
        elif type(default) is int and not value.strip().isdecimal():
            yield f"{name} must be a whole number."
