"""Whether a service's command runs Alembic, by itself or by a script of the project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from migrations_tools.discovery.dockerfile import Dockerfile, read_dockerfile
from migrations_tools.discovery.services import Service, build_context, command_words, mounted_at
from migrations_tools.discovery.weighing import Mark

_RUNS = re.compile(
    r"\balembic\b[^\n#;&|]*\b(?:upgrade|current|stamp)\b(?:\s+heads?\b)?"
    r"|\bflask\b[^\n#;&|]*\bdb\s+upgrade\b|\bdb\s+upgrade\b|\bcommand\.upgrade\("
)
_SCRIPT = re.compile(r"[\w./-]*[\w-]+\.(?:sh|bash|py)\b|(?:[\w.-]*/)+[\w.-]+")
_LARGEST = 100_000


def words_of(service: Service) -> list[str]:
    """Return the words of a service's own entrypoint and command."""
    return [*command_words(service.get("entrypoint")), *command_words(service.get("command"))]


def runs_alembic(service: Service) -> bool:
    """Return whether a service's command or entrypoint runs Alembic."""
    return any("alembic" in word for word in words_of(service))


def only_migrates(service: Service) -> bool:
    """Return whether a service's command ends with Alembic, so that the service ends when it has migrated."""
    last = re.split(r"&&|\|\||;", " ".join(words_of(service)))[-1].split()
    return runs_alembic(service) and any("alembic" in word for word in last) and "exec" not in last


def upgrades_to_head(service: Service) -> bool:
    """Return whether a service's command runs `alembic upgrade head`, which is for a history with one."""
    words = " ".join(words_of(service)).split()
    return any(words[i : i + 2] == ["upgrade", "head"] for i in range(len(words))) and runs_alembic(service)


def migrating(service: Service) -> Iterator[Mark]:
    """Yield what of a service's start runs Alembic: its command, its image's, or a script that one of them runs."""
    own = " ".join(words_of(service))
    image = read_dockerfile(service)
    whole = " ".join(_started(service, image))
    if match := _RUNS.search(own):
        yield 40, f"its command runs `{match[0].rstrip('(')}`"
    elif runs_alembic(service):
        yield 40, "its command runs Alembic"
    elif match := _RUNS.search(whole):
        yield 30, f"its image runs `{match[0].rstrip('(')}`"
    else:
        scripts = _scripts(whole, _folders(service, image), 2)
        yield from islice(((30, f"it runs {name}, which runs Alembic") for name in scripts), 1)


def _started(service: Service, image: Dockerfile) -> list[str]:
    """Return the words that the container starts with: Compose's before the image's."""
    if service.get("entrypoint"):
        return words_of(service)
    return [*image.entrypoint, *(command_words(service.get("command")) or image.command)]


def _folders(service: Service, image: Dockerfile) -> tuple[Path, ...]:
    beside = image.path.parent if image.path else None
    return tuple(folder for folder in (build_context(service), beside) if folder)


def _scripts(text: str, folders: tuple[Path, ...], depth: int) -> Iterator[str]:
    """Yield the scripts named in a text that run Alembic, or another one that does."""
    for match in _SCRIPT.finditer(text):
        path = _found(PurePosixPath(match[0]), folders)
        if path is None:
            continue
        content = path.read_text(encoding="utf-8", errors="replace")
        if _RUNS.search(content) or (depth and any(_scripts(content, (*folders, path.parent), depth - 1))):
            yield path.name


def _found(name: PurePosixPath, folders: tuple[Path, ...]) -> Path | None:
    """Return the file of the project that a path in the image is: the longest end of it that is there."""
    parts = [part for part in name.parts if part not in ("/", "..", ".")]
    tries = (folder.joinpath(*parts[start:]) for start in range(len(parts)) for folder in folders)
    return next((path for path in tries if path.is_file() and path.stat().st_size < _LARGEST), None)


def config_candidates(config: Path, service: Service) -> tuple[str, ...]:
    """Return the paths at which the configuration may stand in the container, likeliest first.

    A `-c FILE` of the service's own command comes first, then where it is mounted, then the path inside the build
    context.
    """
    words, context = words_of(service), build_context(service)
    named = [
        words[i + 1]
        for i, word in enumerate(words[:-1])
        if word in ("-c", "--config") and words[i + 1].endswith((".ini", ".toml"))
    ]
    inside = [str(PurePosixPath(*config.relative_to(context).parts))] if context and context in config.parents else []
    mounted = [path for path in [mounted_at(service, config)] if path]
    return tuple(dict.fromkeys([*named, *mounted, *inside, config.name]))
