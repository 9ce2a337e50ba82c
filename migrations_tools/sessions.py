"""The Nox session `fresh_install` for a project's own noxfile; needs Nox, and nothing else until it runs.

In a project's `noxfile.py`::

    # /// script
    # dependencies = ["nox", "migrations-tools"]
    # ///
    import nox

    from migrations_tools.sessions import install_fresh, over_postgres_versions


    @nox.session
    @over_postgres_versions(".")
    def fresh_install(session: nox.Session, postgres: str = "") -> None:
        session.install("migrations-tools")
        install_fresh(session, ".", postgres)
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import nox

from migrations_tools import settings
from migrations_tools.errors import CannotProceed

F = TypeVar("F", bound=Callable[..., Any])

# Nox gives a child half a second after Ctrl-C; taking a stack down takes longer.
PATIENCE = 60.0
_SETTING = "postgres_versions"
_SET = re.compile(rf"^[ \t]*{_SETTING}[ \t]*:[ \t]*(?!\[\]|#|$)", re.MULTILINE)
# The catalogs that this call of Nox has kept so far, by session: one of yesterday may be of other models.
_KEPT: dict[str, list[Path]] = {}


def named_project(default: Path | str = ".", words: Sequence[str] | None = None) -> Path:
    """Return the project that a session works on: the folder behind `--` on Nox's command line, else the default.

    Sessions are listed before they are given their arguments, and which there are is the project's own setting.
    """
    given = sys.argv[1:] if words is None else list(words)
    behind = given[given.index("--") + 1 :] if "--" in given else []
    return Path(behind[0] if behind else default).resolve()


def over_postgres_versions(folder: Path | str) -> Callable[[F], F]:
    """Make a session one for each of the project's `postgres_versions`: `fresh_install(postgres='17')`.

    Where none are set it stays the one session that it is. A setting that cannot be read ends Nox, with the reason.
    """
    try:
        versions = postgres_versions(Path(folder))
    except CannotProceed as error:
        raise SystemExit("\n".join([f"ERROR: {error.reasons[0]}", *error.reasons[1:]])) from error
    return nox.parametrize("postgres", versions) if versions else lambda session: session


def postgres_versions(folder: Path) -> list[str]:
    """Return the project's setting, each version once. Raises CannotProceed when it is not as a setting must be."""
    section = settings.defaults(folder)[settings.SECTION]
    chosen = {_SETTING: _from_yaml(folder) or section[_SETTING]}
    return list(dict.fromkeys(settings.load(chosen).postgres_versions))


def install_fresh(session: nox.Session, folder: Path | str, postgres: str = "") -> None:
    """Do the whole job on a project: isolate, generate, validate, and clean up in any case.

    With a version, the catalog of the install is kept and compared with that of the version before, where one was
    kept in this call of Nox.
    """
    place = Path(folder).resolve()
    kept = _catalog(session, place, postgres) if postgres else None
    version = ("--postgres", postgres) if postgres else ()
    catalog = ("--catalog", str(kept)) if kept else ()
    with session.chdir(place):
        try:
            invoke(session, "isolate", *version, "generate", "validate", "--stairway", "all", *catalog)
        finally:
            invoke(session, "cleanup")
            if kept and kept.exists():
                _compare(session, _KEPT.setdefault(session.name.partition("(")[0], []), kept)


def invoke(session: nox.Session, *words: str) -> None:
    """Run tasks in the session's folder, by the project's own `tasks.py` where it has one."""
    own = Path("tasks.py").exists() or Path("tasks").is_dir()
    program = "invoke" if own else "migrations-tools"
    session.run(program, *words, interrupt_timeout=PATIENCE, terminate_timeout=PATIENCE)


def _compare(session: nox.Session, before: list[Path], kept: Path) -> None:
    if before:
        invoke(session, "compare", "--catalog", str(before[-1]), "--catalog", str(kept))
    before.append(kept)


def _catalog(session: nox.Session, folder: Path, postgres: str) -> Path:
    """Name the file of a version's catalog, in Nox's own folder; one of an earlier call is removed."""
    name = re.sub(r"[^A-Za-z0-9.]+", "-", postgres)
    mark = hashlib.sha256(f"{folder}\0{postgres}".encode()).hexdigest()[:8]
    path = Path(session.cache_dir).resolve() / "fresh_install" / f"postgres-{name}-{mark}.json"
    path.unlink(missing_ok=True)
    return path


def _from_yaml(folder: Path) -> Any:
    """Return the setting of `invoke.yaml`, which goes before `pyproject.toml`; None where it sets none."""
    path = folder / "invoke.yaml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not _SET.search(text):
        return None
    try:
        import yaml
    except ModuleNotFoundError as error:
        where = f"`{_SETTING}` stands in {path}, which the Python of Nox cannot read: it has no PyYAML."
        raise CannotProceed(f"{where} Write it into pyproject.toml, under [tool.{settings.SECTION}].") from error
    data = yaml.safe_load(text)
    section = data.get(settings.SECTION) if isinstance(data, dict) else None
    return section.get(_SETTING) if isinstance(section, dict) else None
