"""Which variables the application asks for, and which of them it cannot do without."""

from __future__ import annotations

import enum
import os
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_READ: dict[str, None] = {}


def install() -> None:
    """Note every name that is looked up in `os.environ` from here on."""
    environ: Any = os.environ
    encode = environ.encodekey

    def encodekey(name: Any) -> Any:
        if isinstance(name, str):
            _READ[name] = None
        return encode(name)

    environ.encodekey = encodekey


def names_read() -> list[str]:
    """Return the names that were looked up, and those of the fields of pydantic's settings."""
    return list(dict.fromkeys([*_READ, *(name for each in _settings_classes() for name in _names_of(each).values())]))


def names_missing(error: BaseException) -> list[str]:
    """Return the variables that an error says it lacks: fields that are required, names in its message."""
    found = list(_required(error))
    words = set(re.findall(r"\w+", str(error)))
    found += [name for name in _READ if name in words and name not in os.environ]
    return list(dict.fromkeys(found))


def values_that_fit(names: list[str]) -> dict[str, str]:
    """Return a value that the fields of pydantic's settings take, for those of the variables whose type says one."""
    types = {name: kind for each in _settings_classes() for name, kind in _types_of(each).items()}
    found = {name: _value_of(types.get(name)) for name in names}
    return {name: value for name, value in found.items() if value}


def _types_of(settings: Any) -> dict[str, Any]:
    names = _names_of(settings)
    if hasattr(settings, "model_fields"):
        return {names[name]: field.annotation for name, field in settings.model_fields.items()}
    return {names[name]: field.outer_type_ for name, field in settings.__fields__.items()}


def _value_of(kind: Any) -> str:
    """Return the value that a person would write for a type; empty for a text, which may be anything."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return str(next(iter(kind)).value)
    if isinstance(kind, type) and issubclass(kind, (bool, int, float)):
        return "true" if issubclass(kind, bool) else "1"
    origin = getattr(kind, "__origin__", kind)
    if isinstance(origin, type) and issubclass(origin, (list, tuple, set, frozenset, dict)):
        return "{}" if issubclass(origin, dict) else "[]"
    choices = getattr(kind, "__args__", ()) if "Literal" in str(kind).partition("[")[0] else ()
    return str(choices[0]) if choices else _OF_NAMED.get(getattr(kind, "__name__", ""), "")


_OF_NAMED = {"EmailStr": "me@example.com", "HttpUrl": "http://localhost", "AnyHttpUrl": "http://localhost"}


def _required(error: BaseException) -> Iterator[str]:
    """Yield the variables behind pydantic's "field required"; both its versions have `errors()`."""
    if type(error).__name__ != "ValidationError" or not hasattr(error, "errors"):
        return
    title = getattr(error, "title", None) or getattr(getattr(error, "model", None), "__name__", "")
    names = next((_names_of(each) for each in _settings_classes() if each.__name__ == title), None)
    for item in error.errors() if names is not None else ():
        if item.get("type") in ("missing", "value_error.missing") and item["loc"]:
            field = str(item["loc"][0])
            yield names.get(field, field.upper()) if names else field


def _settings_classes() -> Iterator[Any]:
    """Yield the classes of settings that have been made, in pydantic's first version and its second."""
    for module, name in (("pydantic_settings.main", "BaseSettings"), ("pydantic.env_settings", "BaseSettings")):
        base = getattr(sys.modules.get(module), name, None)
        if base is not None:
            yield from _below(base)


def _below(base: Any) -> Iterator[Any]:
    for each in base.__subclasses__():
        yield each
        yield from _below(each)


def _names_of(settings: Any) -> dict[str, str]:
    """Return the variable of each field, by the field's name and by what pydantic's errors call it."""
    found: dict[str, str] = {}
    if hasattr(settings, "model_fields"):
        prefix = settings.model_config.get("env_prefix") or ""
        for name, field in settings.model_fields.items():
            alias = field.validation_alias or field.alias
            choices = [each for each in getattr(alias, "choices", None) or [alias] if isinstance(each, str)]
            for each in choices:
                found[each] = each.upper()
            found[name] = choices[0].upper() if choices else (prefix + name).upper()
            found.update(_nested(found[name], field.annotation, settings.model_config.get("env_nested_delimiter")))
        return found
    for name, field in settings.__fields__.items():
        names = sorted(field.field_info.extra.get("env_names") or [name])
        found[name] = found[field.alias] = names[0].upper()
    return found


def _nested(name: str, annotation: Any, delimiter: str | None) -> dict[str, str]:
    fields = getattr(annotation, "model_fields", None) if delimiter else None
    return {name + "." + each: (name + str(delimiter) + each).upper() for each in fields or ()}
