"""What is said when env.py cannot be led to the temp database: where it leads, what was tried, what to write."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from migrations_tools.discovery.address_search import Destination, Look
from migrations_tools.discovery.env_files import read_env_files
from migrations_tools.discovery.setting_hints import in_yaml
from migrations_tools.discovery.written_addresses import places_of
from migrations_tools.errors import CannotProceed, WrongDatabase
from migrations_tools.inapp.probe_client import ProbeError
from migrations_tools.sandbox.local.sandbox import LocalSandbox

_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "example.env", "env.example")


def not_led(
    local: LocalSandbox,
    first: Destination | None,
    tried: Collection[str],
    made: Mapping[str, str],
    fixed: Mapping[str, str],
) -> WrongDatabase:
    """Return the error of an env.py that leads elsewhere, with what makes its address as far as that is known."""
    where = first.words() if first else "nowhere"
    reasons = [
        f"env.py leads to {where}, which is not the temp database. It was not opened; nothing was changed there."
    ]
    if made:
        parts = ", ".join(f"{name} ({part.partition(':')[0]})" for name, part in sorted(made.items()))
        lacking = ", ".join(part if part == "password" else f"{part} ({value})" for part, value in fixed.items())
        reasons.append(
            f"Of its address, these variables were found: {parts}. Nothing was found that makes its {lacking}."
        )
    elif tried:
        reasons.append(f"The address did not move with any of these variables: {', '.join(tried)}.")
    else:
        reasons.append("It reads no variable that could be a database's.")
    places = places_of(local.session.root, first) if first else ()
    if places:
        reasons.append(f"An address with this host and database is written in {', '.join(places)}.")
    if first and not first.is_postgres:
        return WrongDatabase(reasons, tip=_OTHER_KIND)
    return WrongDatabase(reasons, tip=_WAYS)


def with_ways(error: WrongDatabase | ProbeError) -> WrongDatabase | ProbeError:
    """Return the error of a program that did not come as far as Alembic for its connection, with what to write."""
    said = "\n".join(error.reasons)
    if isinstance(error, WrongDatabase):
        error.tip = _OTHER_KIND if re.search(r"leads to an? \w+ database", said) else _WAYS
    elif error.type == "NeverReachedAlembic" and "OperationalError" in said:
        error.tip = f"The program connects to a database before it comes to Alembic. {_WAYS}"
    return error


_OTHER_KIND = (
    "Say under `environment:` in invoke.yaml which variables choose PostgreSQL there, as in"
    " `environment: {DATABASE_URL: '{url}'}`; {host}, {port}, {user}, {password} and {database} stand for the parts."
    " Or write `take_over_connection: true` there: then the tool makes its engines for the temp database."
)
_WAYS = (
    "Have it read the address from a variable; or name the variable under `environment:` in invoke.yaml, as in"
    " `environment: {DATABASE_URL: '{url}'}`; or write `take_over_connection: true` there: then the tool opens env.py's"
    " connections on the temp database, whatever address they name."
)


def missing_variables(local: LocalSandbox, names: Collection[str], fitting: Mapping[str, str]) -> CannotProceed:
    """Return the error of an application that does not start without variables, with the line to write."""
    told = ", ".join(names)
    reasons = [f"The application wants variables that are not set here: {told}."]
    line = ", ".join(f"{name}: {in_yaml(fitting.get(name, 'change-me'))}" for name in names)
    reasons.append(f"In invoke.yaml, under `migrations_tools:`, write `environment: {{{line}}}`, with values that fit.")
    return CannotProceed(reasons, tip=_in_an_example(local, names))


def failed_before(local: LocalSandbox, look: Look, doing: str) -> ProbeError:
    """Return the error of an env.py that came to no connection, with the file that says what it may lack."""
    error = ProbeError(look.error or {}, doing, local.advice())
    error.tip = " ".join(filter(None, [error.tip, _in_an_example(local, look.read)]))
    return error


def _in_an_example(local: LocalSandbox, names: Collection[str]) -> str:
    """Return which example file has values for variables that are not set, and how it is used; empty for none."""
    if local.source.service or local.source.application_service:
        return ""  # their variables are all that counts
    wanted = set(names) - set(local.environment())
    found = ((path, read_env_files([path], {}).keys() & wanted) for path in _examples(local))
    path, has = max(found, key=lambda each: len(each[1]), default=(None, None))
    if not path or not has:
        return ""
    shown = path.relative_to(local.session.root)
    return (
        f"{shown} has values for {', '.join(sorted(has))}. Nothing of it is used unless you say so:"
        f" `env_files: [{shown}]`."
    )


def _examples(local: LocalSandbox) -> list[Path]:
    root = local.session.root
    folders = [root, *(each for each in (local.source.folder, *local.source.folder.parents) if root in each.parents)]
    return [folder / name for folder in dict.fromkeys(folders) for name in _EXAMPLES if (folder / name).is_file()]
