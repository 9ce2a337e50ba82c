"""Writes the reference pages from the code: tasks, settings, catalog, exit codes, record; `--check` only compares.

`docs/write_rules.py` writes the page of the rules.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from invoke import Task

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from migrations_tools import errors, ns  # noqa: E402 - found by the line above
from migrations_tools.catalog.kinds import KINDS as CATALOG_KINDS  # noqa: E402
from migrations_tools.catalog.kinds import REFUSED  # noqa: E402
from migrations_tools.inapp.probe_client import ProbeError  # noqa: E402
from migrations_tools.report.renderings import RENDERINGS, SUFFIXES  # noqa: E402
from migrations_tools.settings import Settings  # noqa: E402

SCHEMA = HERE.parent / "migrations_tools" / "report" / "run-record.schema.json"
MARK = "<!-- Written by `nox -s docs` from {}; a test compares. -->"

TASK_GROUPS = {
    "Before the first run": ("init", "doctor"),
    "The run": ("isolate", "generate", "validate", "cleanup"),
    "Beside a run": ("status", "psql", "report", "compare"),
    "Without a run of their own": ("check", "review"),
}
TASKS = """\
# Tasks

{mark}

`invoke TASK` runs a task in a project with a `tasks.py`; `migrations-tools TASK` runs the same one in any project.
Several tasks in one command run one after the other: `invoke isolate generate validate`. What passes between them is
kept on disk, outside the project: in `$XDG_STATE_HOME/migrations_tools`, else `~/.local/state/migrations_tools`
(macOS: `~/Library/Application Support/migrations_tools`; Docker as a snap: `~/snap/docker/common/migrations_tools`).

| for every task | does |
|---|---|
| `invoke --list` | lists the tasks |
| `invoke --help TASK` | lists the options of one |
| `invoke --dry isolate` | shows the plan and the override, and starts nothing |
| `migrations-tools --print-completion-script bash` | prints shell completion; also for `zsh` and `fish` |

Besides the tasks there is a session for Nox, `nox -s fresh_install`: isolate, generate, validate and clean up in one.
[PostgreSQL versions](../how-to/postgres-versions.md) shows the `noxfile.py` to write.
"""

# The first setting of each group; a setting belongs to the last group that began before it.
SETTING_GROUPS = {
    "engine": "The run",
    "compose_files": "The Compose stack",
    "services": "What the copy contains and may reach",
    "database_service": "Which part of the project is which",
    "postgres": "The database server",
    "application_command": "The application without Docker",
    "stairway": "Revisions and their review",
    "quiet": "Output",
    "health_path": "What is asked over HTTP, and what logs may not say",
    "answer_timeout": "Time limits",
}
SETTINGS = """\
# Settings

{mark}

Nothing needs to be set where the tool finds exactly one answer; where it finds none or several, the error says which
line to write. `invoke init` writes a file with every setting in it. Settings are read from, the later winning:

1. `pyproject.toml`, the table `[tool.migrations_tools]`;
2. `invoke.yaml`, under `migrations_tools:`;
3. the environment: `INVOKE_MIGRATIONS_TOOLS_` and the setting's name in capitals, as in
   `INVOKE_MIGRATIONS_TOOLS_ENGINE=embedded`. `0` means false. Invoke reads no lists and maps from the environment;
4. options on the command line.
"""
KINDS = {str: "text", bool: "true or false", int: "whole number", list: "list", dict: "map"}

EXIT_CODES = """\
# Exit codes

{mark}

| code | means |
|---|---|
| 0 | All is well. What could not be checked is listed, and never counts as proven. |
| {found} | {found_words} |
| {refused} | The request cannot be met. Every reason is printed at once, with what to do. |
| 130 | Interrupted by Ctrl-C. `invoke cleanup` removes what was made. |

These tasks end with {found}:

| task | when |
|---|---|
| `invoke check` | a migration is missing, or the models and the database disagree |
| `invoke generate` | the generated file fails on any database, or loses rows and does not say so; it is not written |
| `invoke review` | a finding is at or above the setting `threshold` |
| `invoke validate` | a proof failed |
| `invoke cleanup` | something outside the temp stack is not as it was before the run |

What the code calls the errors behind {refused}:

| error | means |
|---|---|
"""

RECORD = """\
# The run's record

{mark}

Every task adds to one record of the run, from `isolate` to `cleanup`. `invoke report` prints it, and
`invoke report --output report.html` writes a file. The form follows from the file's name:

| name ends in | `--form` |
|---|---|
{forms}

{description}

The schema is `migrations_tools/report/run-record.schema.json` (JSON Schema, draft 2020-12). A program that reads the
record should look at `form` first.
"""


CATALOG = """\
# What is compared of a database

{mark}

Two databases are compared by what PostgreSQL keeps in its catalogs, on PostgreSQL 12 and newer. Definitions are printed
by PostgreSQL itself, so that two ways to write the same thing are the same.

- **A revision's steps**: `validate` and `review` take a revision up, down and up again. Everything in this table must
  be as it was before.
- **The models**: what the history makes is held against what the models' own DDL makes. `all` means that every
  difference counts; `stated` that it counts where the models have the object too (DDL events, extensions of
  SQLAlchemy), and that what only migrations make is counted in the proof; `never` that models cannot state it.

Members of extensions and temporary objects are left out, and so are privileges on what PostgreSQL brings with it.

| kind | compared | with the models | since |
|---|---|---|---|
{kinds}

## Not read

A proof says so where the database holds one of these.

| kind | why |
|---|---|
{unread}

## Catalogs of PostgreSQL that are not compared

| catalog | why |
|---|---|
{refused}
"""


def catalog() -> str:
    """Return the page of the kinds of objects."""
    kinds = (
        f"| {kind.plural} | {_cell(kind.compared)} | {kind.stated} | {kind.since if kind.since > 12 else ''} |"
        for kind in CATALOG_KINDS
    )
    unread = (f"| {kind.plural} | {kind.unread} |" for kind in CATALOG_KINDS if kind.unread)
    refused = (f"| `{name}` | {why} |" for name, why in REFUSED.items())
    mark = MARK.format("migrations_tools/catalog/kinds.py")
    return CATALOG.format(mark=mark, kinds="\n".join(kinds), unread="\n".join(unread), refused="\n".join(refused))


def tasks() -> str:
    """Return the page of the tasks."""
    parts = [TASKS.format(mark=MARK.format("migrations_tools/tasks.py"))]
    for title, names in TASK_GROUPS.items():
        parts.append(f"## {title}\n")
        parts += ["\n".join(_task(name)) for name in names]
    return "\n".join(parts)


def _task(name: str) -> Iterator[str]:
    task: Task[Any] = ns[name]
    yield from (f"### {name}", "", (task.__doc__ or "").strip(), "")
    yield "| option | meaning |"
    yield "|---|---|"
    for parameter in list(inspect.signature(task.body).parameters.values())[1:]:
        flag = f"--{parameter.name.strip('_').replace('_', '-')}"
        value = "" if parameter.default is False else " VALUE"
        short = ", `-q`" if parameter.name == "quiet" else ""
        yield f"| `{flag}{value}`{short} | {_cell(task.help[parameter.name])} |"
    yield ""


def settings() -> str:
    """Return the page of the settings."""
    parts = [SETTINGS.format(mark=MARK.format("migrations_tools/settings.py"))]
    blank = Settings()
    for item in fields(Settings):
        if item.name in SETTING_GROUPS:
            parts += [
                f"\n## {SETTING_GROUPS[item.name]}\n",
                "| setting | kind, default | what it is for |",
                "|---|---|---|",
            ]
        default = getattr(blank, item.name)
        shown = "" if default in ("", [], {}) else f", `{str(default).lower() if default is False else default}`"
        parts.append(f"| `{item.name}` | {KINDS[type(default)]}{shown} | {_cell(item.metadata['help'])} |")
    return "\n".join(parts) + "\n"


def exit_codes() -> str:
    """Return the page of the exit codes."""
    words = {
        "found": errors.Found.exit_code,
        "found_words": _first_line(errors.Found),
        "refused": errors.CannotProceed.exit_code,
        "mark": MARK.format("migrations_tools/errors.py"),
    }
    kinds = [kind for kind in _subclasses(errors.MigrationsToolsError) if kind.exit_code == words["refused"]]
    rows = [f"| `{kind.__name__}` | {_first_line(kind)} |" for kind in kinds]
    return EXIT_CODES.format(**words) + "\n".join(rows) + "\n"


def _subclasses(base: type[errors.MigrationsToolsError]) -> list[type[errors.MigrationsToolsError]]:
    found = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, base)]
    return [kind for kind in [*found, ProbeError] if kind is not base]


def _first_line(kind: type) -> str:
    return _cell(" ".join((kind.__doc__ or "").split("\n\n", maxsplit=1)[0].split()))


def record() -> str:
    """Return the page of the record's form."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    forms = "\n".join(f"| `{suffix}` | `{form}` |" for suffix, form in SUFFIXES.items() if form in RENDERINGS)
    mark = MARK.format("migrations_tools/report/run-record.schema.json")
    parts = [RECORD.format(mark=mark, forms=forms, description=schema["description"])]
    parts += ["## record\n", *_fields(schema)]
    for name, definition in schema["$defs"].items():
        if "properties" in definition:
            parts += [f"\n## {name}\n", *_fields(definition)]
    return "\n".join(parts) + "\n"


def _fields(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of an object's fields, without the column of their meaning where none needs words."""
    described = any("description" in value for value in definition["properties"].values())
    yield "| field | value |" + (" meaning |" if described else "")
    yield "|---|---|" + ("---|" if described else "")
    for name, value in definition["properties"].items():
        optional = "" if name in definition.get("required", ()) else " (optional)"
        meaning = f" {_cell(value.get('description', ''))} |" if described else ""
        yield f"| `{name}` | {_value(value)}{optional} |{meaning}"


def _value(schema: Mapping[str, Any]) -> str:
    """Return what a value may be, in words, with a link where it is described below."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "list of texts" if name == "names" else f"[{name}](#{name})"
    if choices := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return ", ".join(f"`{value}`" for value in choices)
    if schema["type"] == "array":
        return f"list of {_value(schema['items'])}"
    if inner := schema.get("properties"):
        return "map of " + ", ".join(f"`{name}` ({_value(value)})" for name, value in inner.items())
    words = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false"}
    return words[schema["type"]] if schema["type"] in words else f"map to {_value(schema['additionalProperties'])}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES: Mapping[str, Callable[[], str]] = {
    "tasks.md": tasks,
    "settings.md": settings,
    "catalog.md": catalog,
    "exit-codes.md": exit_codes,
    "record.md": record,
}


def main() -> int:
    """Write the pages, or name those that are not what they would be."""
    stale = []
    for name, page in PAGES.items():
        path = HERE / "reference" / name
        text = page()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path.relative_to(HERE.parent)))
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    sys.stdout.write("".join(f"{name} is out of date\n" for name in stale) if "--check" in sys.argv[1:] else "")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
