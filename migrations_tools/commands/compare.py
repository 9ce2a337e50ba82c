"""compare: what the catalogs of fresh installs on several PostgreSQL versions differ in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from migrations_tools.catalog import Catalog, Difference, across_versions, as_json, compare, from_json, on_one_line
from migrations_tools.errors import CannotProceed
from migrations_tools.files import write_whole
from migrations_tools.proofs.differences import by_table
from migrations_tools.report.console import Console
from migrations_tools.sandbox.session import Session, written
from migrations_tools.trial.scratch import ScratchDatabases

_FORM = "migrations_tools catalog 1"


@dataclass(frozen=True, slots=True)
class KeptCatalogs:
    """The catalogs of a fresh install, by database, and the version of the server that it was made on."""

    version: str
    databases: Mapping[str, Catalog]


def file_to_keep(given: str) -> Path | None:
    """Return the file that catalogs go to; None without one.

    Raises CannotProceed where it could not be written, which is to be known before a fresh install has been made.
    """
    if not given:
        return None
    path = Path(given).expanduser().resolve()
    above = next(each for each in path.parents if each.exists())
    if path.is_dir() or not above.is_dir() or not os.access(above, os.W_OK):
        raise CannotProceed(f"The catalog cannot be written to {path}.", tip="Name a file in a folder that is yours.")
    return path


def keep(scratch: ScratchDatabases, path: Path) -> None:
    """Write the catalogs of a fresh install to a file, for `compare`. Raises CannotProceed when it cannot be written.

    They are written as they were read, all but version tables.
    """
    databases = {name: as_json(scratch.read(name)) for name in scratch.databases}
    document = {"form": _FORM, "version": scratch.server.version().partition(" ")[0], "databases": databases}
    with written(f"The catalog {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(document, indent=1, sort_keys=True) + "\n")


def compare_files(session: Session, paths: Sequence[Path]) -> None:
    """Report in what each file's catalogs differ from those of the file before; a difference is no failure.

    Raises CannotProceed when there are not two files, or one of them is not what `validate --catalog` writes.
    """
    if len(paths) < 2:
        raise CannotProceed(
            f"Two catalogs are compared, and {len(paths) or 'none'} was named.",
            tip="Name each with --catalog FILE; `invoke validate --catalog FILE` writes them.",
        )
    for one, other in pairwise([_load(path) for path in paths]):
        _show(session.console, one, other)


def _load(path: Path) -> KeptCatalogs:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("form") != _FORM:
            raise CannotProceed(f"{path} is not what `invoke validate --catalog` writes.")
        return KeptCatalogs(str(data["version"]), {name: from_json(each) for name, each in data["databases"].items()})
    except OSError as error:
        raise CannotProceed(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotProceed(f"{path} is not what `invoke validate --catalog` writes: {error!r}.") from error


def _show(console: Console, one: KeptCatalogs, other: KeptCatalogs) -> None:
    both = f"PostgreSQL {one.version} and {other.version}"
    several = len(one.databases) > 1 or one.databases.keys() != other.databases.keys()
    for name in sorted({*one.databases, *other.databases}):
        where = f"{both}, database {name}" if several else both
        found = _differences(one.databases.get(name), other.databases.get(name))
        if found is None:
            only = one.version if name in one.databases else other.version
            console.result(f"{where}: it is in the catalogs of {only} only.", style="yellow")
        elif found:
            console.result(f"{where}: {_count(found)}.", style="yellow")
            for line in lines(found, one.version, other.version):
                console.result(line)
        else:
            console.result(f"{where}: the same catalog.", style="green")


def _differences(one: Catalog | None, other: Catalog | None) -> list[Difference] | None:
    if one is None or other is None:
        return None
    return [item for item in compare(across_versions(one), across_versions(other)) if item.notable]


def _count(found: Sequence[Difference]) -> str:
    return "one difference" if len(found) == 1 else f"{len(found)} differences"


def lines(found: Sequence[Difference], version: str, other: str) -> list[str]:
    """Return the differences grouped by table, with both definitions; what is outside of tables comes last."""
    said = []
    for table, items in by_table(found):
        said.append(f"  {table}")
        for item in items:
            said.append(f"    {item.object}{f', {item.aspect}' if item.aspect else ''}")
            said.append(f"      {version}: {_side(item, item.actual, 'missing')}")
            said.append(f"      {other}: {_side(item, item.expected, 'unexpected')}")
    return said


def _side(item: Difference, text: str, absent: str) -> str:
    if item.sort == absent:
        return "not there"
    return on_one_line(text) or ("nothing" if item.sort == "different" else "there")
