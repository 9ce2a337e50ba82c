"""Where a configuration's relative paths and packages lead: the folder that the project runs Alembic in.

Alembic counts a relative `script_location` from the working directory and finds `package:folder` on Python's path.
Neither stands in the configuration, so that the folders from it up to the project's root are tried.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from migrations_tools.errors import CannotProceed
from migrations_tools.settings import read_toml

_KEYS = ("script_location", "version_locations", "path_separator", "version_path_separator", "prepend_sys_path")
_SEPARATORS = {"space": " ", "newline": "\n", "os": ":", ":": ":", ";": ";"}


def configured_versions(root: Path, config: Path, name: str) -> tuple[Path, ...]:
    """Return the versions folders that a section of the configuration names, whether they exist or not."""
    section = _section(config, name)
    script = _location(_script_of(config, section), config, root, section)
    listed = section.get("version_locations", "")
    separator = _SEPARATORS.get(section.get("path_separator") or section.get("version_path_separator") or "", "")
    names = listed.split(separator) if separator else re.split(r"[,\s]+", listed)
    names = [name.strip() for name in names if name.strip()]
    found = [_location(name, config, root, section) for name in names] if names else [script / "versions"]
    return tuple(path.resolve() for path in found)


def start_folder(root: Path, config: Path, name: str) -> Path:
    """Return the folder that Alembic is started in: the one that its `script_location` is counted from."""
    section = _section(config, name)
    location = _script_of(config, section)
    if Path(location).is_absolute():
        return config.parent
    return next((base for base in _bases(config, root, section) if (base / _as_path(location)).is_dir()), config.parent)


def _script_of(config: Path, section: Mapping[str, str]) -> str:
    # Flask-Migrate keeps its alembic.ini inside the script folder and names no location in it.
    return section.get("script_location") or ("." if (config.parent / "versions").is_dir() else "alembic")


def _location(name: str, config: Path, root: Path, section: Mapping[str, str]) -> Path:
    path = _as_path(name)
    found = (base / path for base in _bases(config, root, section))
    return next((each for each in found if each.exists()), config.parent / path)


def _as_path(name: str) -> Path:
    """Return `package.inner:folder:folder` as a path from where the package is; any other name as it is."""
    if ":" not in name or Path(name).is_absolute():
        return Path(name)
    package, *rest = name.split(":")
    return Path(*package.split("."), *rest)


def _bases(config: Path, root: Path, section: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders that a path may be counted from: the configuration's own first, then those up to the root."""
    above = [config.parent, *(each for each in config.parent.parents if each == root or root in each.parents)]
    paths = [each for each in re.split(r"[,:;\s]+", section.get("prepend_sys_path", "")) if each]
    for folder in above:
        yield folder
    for folder in above:
        yield from (folder / each for each in (*paths, "src"))


def _section(config: Path, name: str) -> Mapping[str, str]:
    """Return what a section says of paths. Other values may name what only env.py sets, and are not looked at."""
    if config.suffix == ".toml":
        table = read_toml(config).get("tool", {}).get("alembic", {})
        return {key: _toml_value(table[key], config) for key in _KEYS if isinstance(table.get(key), (str, list))}
    # A folder is data: a `%` in its name is none of the parser's own.
    parser = configparser.ConfigParser({"here": str(config.parent).replace("%", "%%")})
    read_ini(parser, config)
    try:
        if not parser.has_section(name):
            raise configparser.NoSectionError(name)
        return {key: parser.get(name, key) for key in _KEYS if parser.has_option(name, key)}
    except configparser.Error as error:
        raise CannotProceed(f"The Alembic configuration {config} cannot be read: {error}.") from error


def _toml_value(value: str | list[str], config: Path) -> str:
    text = value if isinstance(value, str) else " ".join(value)
    return text.replace("%(here)s", str(config.parent))


def read_ini(parser: configparser.RawConfigParser, config: Path) -> None:
    """Read a configuration as Alembic does. Raises CannotProceed, with the line, where that cannot be done."""
    try:
        parser.read_string(config.read_text(encoding="utf-8"), str(config))
    except UnicodeDecodeError as error:
        line = config.read_bytes()[: error.start].count(b"\n") + 1
        raise CannotProceed(
            f"{config} is not UTF-8 (line {line}, byte 0x{error.object[error.start]:02x}), so that Alembic cannot read"
            " it either where that is the usual encoding. Save it as UTF-8."
        ) from error
    except configparser.Error as error:
        raise CannotProceed(f"The Alembic configuration {config} cannot be read: {error}.") from error
