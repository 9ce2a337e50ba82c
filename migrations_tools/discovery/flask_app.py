"""Where `flask` finds a project's application: its variable, `.flaskenv`, `wsgi.py` or `app.py`, a factory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_VARIABLE = "FLASK_APP"
_LINE = re.compile(rf"^\s*(?:export\s+)?{_VARIABLE}\s*=", re.MULTILINE)
# https://flask.palletsprojects.com/en/stable/cli/#application-discovery
_FILES = ("wsgi.py", "app.py")
_MAKES = re.compile(
    r"^(?:async )?def (?:create|make)_app\b|^(?:app|application)\b[^=\n]*= *(?:\w+\.)?Flask\(", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class FlaskPlace:
    """Where `flask` is run, its option `--app` where it needs that, and whether it finds an application."""

    folder: Path
    option: tuple[str, ...] = ()
    is_known: bool = True


def find_flask(root: Path, config: Path, environment: Mapping[str, str]) -> FlaskPlace:
    """Return where `flask` finds the application of Flask-Migrate's configuration: beside its folder or further up."""
    start = config.parent.parent
    folders = [start, *(each for each in start.parents if each == root or root in each.parents)]
    named = environment.get(_VARIABLE, "")
    if named:
        return FlaskPlace(next((folder for folder in folders if _is_there(folder, named)), start))
    for folder in folders:
        if _names_one(folder):
            return FlaskPlace(folder)
    for folder in folders:
        if factory := _factory(folder):
            return FlaskPlace(folder, ("--app", factory))
    return FlaskPlace(start, is_known=False)


def _is_there(folder: Path, named: str) -> bool:
    """Return whether FLASK_APP leads to something from a folder: `src/shop.py`, `shop`, `shop.web:create_app()`."""
    module = named.partition(":")[0].strip()
    as_path = folder / module.replace(".", "/")
    return (folder / module).is_file() or as_path.is_dir() or as_path.with_suffix(".py").is_file()


def _names_one(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _FILES) or any(
        _LINE.search(_text(folder / name)) for name in (".flaskenv", ".env")
    )


def _factory(folder: Path) -> str:
    """Return the only module or package of a folder that makes an application, by its name; empty otherwise."""
    found = [path for path in _modules(folder) if _MAKES.search(_text(path))]
    names = {path.parent.name if path.name == "__init__.py" else path.stem for path in found}
    return names.pop() if len(names) == 1 else ""


def _modules(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    yield from sorted(folder.glob("*/__init__.py"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
