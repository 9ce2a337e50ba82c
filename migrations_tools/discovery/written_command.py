"""The command of its own that a project's files say its Alembic is started with: `python -m shop db upgrade`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from migrations_tools.discovery.alembic_config import walk

_COMMAND = re.compile(
    r"(?:\bpython3?(?:\.\d+)? +(?:-m +(?P<module>[\w.]+)|(?P<script>[\w./-]*\w\.py))|(?P<own>\./[\w./-]*\w\.py)"
    r"|(?<![\w./-])(?P<name>[a-z][\w-]*)) +db +(?:upgrade|downgrade|current|migrate|stamp|revision|heads|history)\b"
)
_TEXTS = frozenset({"", ".md", ".rst", ".txt", ".sh", ".bash", ".yml", ".yaml", ".toml", ".cfg", ".py"})
_LARGEST = 200_000
_MANAGER = "manage.py"
_METADATA = ("pyproject.toml", "setup.cfg", "setup.py")


@dataclass(frozen=True, slots=True)
class WrittenCommand:
    """The words that run `db current`, the folder that they are run in, and the file that has them."""

    words: tuple[str, ...]
    folder: Path
    source: Path


@lru_cache(maxsize=1)
def find_command(root: Path) -> WrittenCommand | None:
    """Return the command that most of the project's files name, in scripts, build files and documentation.

    It is one of the project's own: a module or script that is there, a program that its packaging declares. Flask's
    own command line is not meant, and a bare `manage.py` of Flask counts where nothing names a command.
    """
    found = [command for path in _texts(root) for command in _commands(path, root)]
    if not found:
        return next(_managers(root), None)
    (words, folder), _ = Counter((each.words, each.folder) for each in found).most_common(1)[0]
    return next(each for each in found if (each.words, each.folder) == (words, folder))


def _texts(root: Path) -> Iterator[Path]:
    yield from (path for path in walk(root) if path.suffix in _TEXTS and path.stat().st_size < _LARGEST)


def _commands(path: Path, root: Path) -> Iterator[WrittenCommand]:
    for match in _COMMAND.finditer(path.read_text(encoding="utf-8", errors="replace")):
        if module := match["module"]:
            words: Sequence[str] = ("python", "-m", module)
            folder = _holding(root, f"{module.partition('.')[0]}") if module != "flask" else None
        elif script := match["script"] or match["own"]:
            name = Path(script).name
            words, folder = ("python", name), _folder_of(name, (path.parent, root))
        else:
            words, folder = (match["name"],), root if _declares(root, match["name"]) else None
        if folder:
            yield WrittenCommand((*words, "db", "current"), folder, path)


def _holding(root: Path, package: str) -> Path | None:
    places = (root, root / "src", *sorted(path for path in root.iterdir() if path.is_dir()))
    return next((each for each in places if (each / package).is_dir() or (each / f"{package}.py").is_file()), None)


def _folder_of(name: str, places: Sequence[Path]) -> Path | None:
    return next((each for each in places if (each / name).is_file()), None)


def _declares(root: Path, name: str) -> bool:
    """Return whether the project's packaging makes a program of that name."""
    entry = re.compile(rf"^\W*{re.escape(name)}[\"']?\s*=\s*[\"']?[\w.]+:[\w.]+", re.MULTILINE)
    files = (root / each for each in _METADATA)
    return any(entry.search(path.read_text(encoding="utf-8", errors="replace")) for path in files if path.is_file())


def _managers(root: Path) -> Iterator[WrittenCommand]:
    for path in walk(root):
        if path.name == _MANAGER and re.search(
            r"\bflask|\bMigrate", path.read_text(encoding="utf-8", errors="replace")
        ):
            yield WrittenCommand(("python", _MANAGER, "db", "current"), path.parent, path)
