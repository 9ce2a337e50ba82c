"""A desk at which many small examples are reviewed as `generate` does it: one server, one probe, a database for each.

What reviews is the real step, asked for everything but the writing of the file; only the engine under it is a small
one, whose probe goes on to the next example instead of ending.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg

from migrations_tools.autogenerate import autogenerate
from migrations_tools.autogenerate.options import GenerateOptions
from migrations_tools.catalog import Catalog
from migrations_tools.commands import generate
from migrations_tools.discovery.alembic import Environment, Setup
from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.discovery.project import NO_DATABASE, Project
from migrations_tools.engines.postgres import Server, drop
from migrations_tools.inapp.probe_client import Asked, Probe
from migrations_tools.journal import Journal, Run
from migrations_tools.report.console import Console
from migrations_tools.report.generate_result import Generated
from migrations_tools.review.context import ChangeHints
from migrations_tools.review.findings import Allowance, Finding, parse_allowances
from migrations_tools.sandbox.protocol import targets
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings
from migrations_tools.trial.new_revision import ExecutedFiles
from tests.support.embedded import Server as Running
from tests.support.embedded import running_server
from tests.support.probing import TOKEN, catalog_of, probing, with_driver

PROJECT = Path(__file__).parent.parent / "integration" / "review_project"
EMPTY = "empty"
# Copying a database's files is quicker than logging them, where nothing is synced to a disk.
_CLONE = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
_NOTHING = "from sqlalchemy import MetaData\n\nmetadata = MetaData()\n"


# The revision that makes what an example's database.sql says; a revision by hand stands on it.
_FIRST = '''"""the database of the example"""

from alembic import op

revision = "1a6d"
down_revision = None


def upgrade():
    op.execute({!r})


def downgrade():
    pass
'''
# What op.execute() would take for a bound parameter.
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")


@dataclass(frozen=True, slots=True)
class Example:
    """A change as a user would have it on disk: the database as SQL or as history, the models, the settings.

    `rows` are statements that the database gets besides, and a copy made of the history does not. `sources` are other
    files of the project. `base` is what those and the models are in the branch `main`, `base_history` its revisions,
    `base_later` those that it got after this change had begun. All files by their names.
    """

    models: str = _NOTHING
    database: str = ""
    history: Mapping[str, str] = field(default_factory=dict)
    migration: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    rows: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    base: Mapping[str, str] = field(default_factory=dict)
    base_history: Mapping[str, str] = field(default_factory=dict)
    base_later: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_hand(self) -> bool:
        """Whether it is about revisions that somebody wrote."""
        return bool(self.migration or self.history)

    @property
    def files(self) -> dict[str, str]:
        """The revision files that the project has, by their names."""
        first = {"1a6d_database.py": _FIRST.format(_PARAMETER.sub(r"\:", self.database))} if self.database else {}
        by_hand = {"2b7e_by_hand.py": self.migration} if self.migration else {}
        return {**first, **self.history, **by_hand}


def read_example(folder: Path) -> Example:
    """Read an example from its folder; files that are not there are empty."""

    def text(name: str, otherwise: str = "") -> str:
        path = folder / name
        return path.read_text(encoding="utf-8") if path.exists() else otherwise

    return Example(
        text("models.py", _NOTHING),
        text("database.sql"),
        _texts(folder / "history"),
        text("migration.py"),
        json.loads(text("settings.json", "{}")),
        "",
        _texts(folder, "models.py", "migration.py"),
        _texts(folder / "base"),
        _texts(folder / "base" / "history"),
        _texts(folder / "base" / "later"),
    )


def _texts(folder: Path, *other_than: str) -> dict[str, str]:
    paths = (path for path in sorted(folder.glob("*.py")) if path.name not in other_than)
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


class Lasting:
    """A probe that stays when a step has done with it, its connections sent to one example's database."""

    def __init__(self, probe: Probe, database: str) -> None:
        self._probe = probe
        self._databases = {"": database}

    def ask(self, request: Mapping[str, Any], doing: str, answering: Asked | None = None) -> Any:
        """Send a request and give its answer."""
        return self._probe.ask({**request, "databases": request["databases"] or self._databases}, doing, answering)

    def begin(self) -> None:
        return None

    def __enter__(self) -> Lasting:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class QuickServer(Server):
    """The server, with scratch databases made by the quicker of the two ways."""

    __slots__ = ()

    @contextmanager
    def scratch(self, name: str, template: str) -> Iterator[str]:
        """Make a scratch database for the time of the block."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(_CLONE.format(name, template).encode())
            connection.execute(f"COMMENT ON DATABASE {name} IS '{self.token}'".encode())
            try:
                yield name
            finally:
                drop(connection, name)

    @property
    def _url(self) -> str:
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/postgres"


@dataclass(frozen=True, slots=True)
class SmallTemp:
    """What `generate` asks of an engine."""

    session: Session
    project: Project
    probe: Lasting
    place: Server
    stack: ExitStack

    @property
    def database(self) -> str:
        return self.place.database

    def base_of(self, _database: str) -> str:
        return EMPTY

    def scratch_name(self, database: str, purpose: str) -> str:
        return f"{database}_{purpose}"

    def open_probe(self, purpose: str = "") -> Lasting:
        """Return the probe; for a purpose that changes what its process has imported, one of its own."""
        if not purpose:
            return self.probe
        url = with_driver(f"postgresql://{self.place.user}:{self.place.password}@{self.place.host}:{self.place.port}/")
        own = self.stack.enter_context(probing(self.session.root, url + self.place.database))
        return Lasting(own, self.place.database)

    def server(self) -> Server:
        return self.place

    def refresh(self) -> None:
        pass

    def versions(self) -> dict[str, str]:
        return {}


class Desk:
    """Lays out one example after the other and has it reviewed."""

    def __init__(self, running: Running, connection: psycopg.Connection[Any], folder: Path, probe: Probe) -> None:
        """Take a running server and a connection to it, the project's folder and a probe in it."""
        self.running = running
        self.connection = connection
        self.folder = folder
        self.probe = probe
        self.name = ""
        self._numbers = count(1)

    @property
    def versions(self) -> Path:
        """The folder of the revision files."""
        return self.folder / "migrations" / "versions"

    @property
    def lasting(self) -> Lasting:
        """The probe, led to the database of the example that lies here."""
        return Lasting(self.probe, self.name)

    @property
    def url(self) -> str:
        """The database of the example that lies here."""
        return self.running.url(self.name)

    @contextmanager
    def laid_out(self, example: Example, migrated: bool = False) -> Iterator[None]:
        """Yield the example a database of its own and the project its files, for the time of the block.

        What reviews migrates the database itself; `migrated` does it before, and puts the example's rows in.
        """
        self.name = f"example_{next(self._numbers)}"
        self._write(example)
        self.connection.execute(_CLONE.format(self.name, EMPTY).encode())
        self.connection.execute(f"COMMENT ON DATABASE {self.name} IS '{TOKEN}'".encode())
        try:
            if migrated:
                self._migrate(example)
            yield
        finally:
            drop(self.connection, self.name)

    def _write(self, example: Example) -> None:
        """Give the project the example's files and no other's; those of the base branch are committed before."""
        for path in (self.versions, self.folder / ".git"):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.glob("*.py"):
            path.unlink()
        self.versions.mkdir()
        first = {name: text for name, text in example.files.items() if name.startswith("1a6d")}
        if example.base or example.base_history or example.base_later:
            self._put({"models.py": example.models, **example.base}, {**first, **example.base_history})
            self._git("init", "-q", "-b", "main")
            self._commit({})
            self._git("checkout", "-q", "-b", "change")
            self._git("checkout", "-q", "main")
            self._commit(example.base_later)
            self._git("checkout", "-q", "change")
            for path in self.versions.glob("*.py"):
                path.unlink()
        self._put({"models.py": example.models, **example.sources}, example.files)

    def _commit(self, revisions: Mapping[str, str]) -> None:
        self._put({}, revisions)
        self._git("add", "-A")
        self._git("commit", "-q", "--allow-empty", "-m", "base")

    def _git(self, *words: str) -> None:
        git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.org")
        subprocess.run([*git, *words], cwd=self.folder, check=True, capture_output=True)

    def _put(self, sources: Mapping[str, str], revisions: Mapping[str, str]) -> None:
        for folder, texts in ((self.folder, sources), (self.versions, revisions)):
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")

    def _migrate(self, example: Example) -> None:
        if example.files:
            self.ask("upgrade")
        self.sql(example.rows)

    def sql(self, script: str) -> None:
        """Run statements in the example's database."""
        if script.strip():
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(script.encode())

    def ask(self, do: str, **more: Any) -> Any:
        """Ask the probe about the example."""
        (target,) = targets(self._project(), TOKEN)
        return self.lasting.ask(target.request(do, **more), do)

    def generate(self, example: Example) -> Generated:
        """Review what autogenerate finds in the example that is laid out, as `invoke generate` does."""
        with self._sandbox(example) as sandbox:
            return generate._ask(sandbox, 0, _wish(example.settings))

    def review_by_hand(self, example: Example) -> tuple[Finding, ...]:
        """Review the revisions of the example that is laid out, as `invoke review` does."""
        from migrations_tools.commands import review

        wish = review.ReviewOptions(
            ("2b7e_by_hand.py",) if example.migration else (), "", _allowances(example.settings)
        )
        with self._sandbox(example) as sandbox:
            return tuple(review._one(sandbox, 0, wish).findings)

    @contextmanager
    def _sandbox(self, example: Example) -> Iterator[Any]:
        at = self.running
        server = QuickServer(at.host, at.port, at.user, self.name, TOKEN, at.password)
        with ExitStack() as stack:
            yield SmallTemp(self._session(example.settings), self._project(), self.lasting, server, stack)

    def review(self, example: Example, executed: bool = True) -> tuple[Finding, ...]:
        """Lay an example out, review it, clear it away; give what is said, with the file executed or without."""
        with self.laid_out(example), ExitStack() as stack:
            if not executed and hasattr(generate, "execute_new"):
                stack.enter_context(patch.object(autogenerate, "execute_new", _unexecuted))
            return self.review_by_hand(example) if example.by_hand else self.generate(example).findings

    def catalog(self) -> Catalog:
        """Return the catalog of the example's database."""
        return catalog_of(self.url)

    def _session(self, settings: Mapping[str, Any]) -> Session:
        known = {item.name for item in fields(Settings)}
        chosen = Settings(**{key: value for key, value in settings.items() if key in known})
        journal = Journal(self.folder, "_temp")
        journal.begin(Run("review", "example", "example_temp", "embedded", 0.0, TOKEN))
        with redirect_stdout(io.StringIO()):
            return Session(self.folder, chosen, journal, Console())

    def _project(self) -> Project:
        setup = Setup(self.folder / "alembic.ini", (), (Environment("", (self.versions,)),))
        files = ComposeFiles((), self.folder, "none")
        return Project(
            self.folder, "example", files, "", setup, (str(self.folder / "alembic.ini"),), NO_DATABASE, None, ()
        )


def _unexecuted(_scratch: Any, files: Any, reviewed: Any, _around: Any) -> ExecutedFiles:
    """Hand a file over as it is: what a rule says of operations does not wait for their execution."""
    return ExecutedFiles(tuple(files), tuple(reviewed))


def _allowances(settings: Mapping[str, Any]) -> tuple[Allowance, ...]:
    return parse_allowances(settings.get("allow", ()), date(2026, 1, 1))


def _wish(settings: Mapping[str, Any]) -> GenerateOptions:
    renames = [item.partition("=")[::2] for item in settings.get("rename", ())]
    wishes = ChangeHints(
        {old: new for old, new in renames if "." in old},
        {old: new for old, new in renames if "." not in old},
        settings.get("backfill", {}),
        settings.get("using", {}),
    )
    return GenerateOptions("", "", _allowances(settings), write=True, wishes=wishes)


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """Start a server and a probe and give a desk in `folder`; all is gone at the end."""
    with running_server() as running, desk_on(running, folder) as found:
        yield found


@contextmanager
def desk_on(running: Running, folder: Path) -> Iterator[Desk]:
    """Yield a desk on a server that runs."""
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    with psycopg.connect(running.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {EMPTY} TEMPLATE template0".encode())
        connection.execute(f"COMMENT ON DATABASE {EMPTY} IS '{TOKEN}'".encode())
        try:
            # The first connection to a database writes what makes the others quick; its copies have it too.
            psycopg.connect(running.url(EMPTY)).close()
            with probing(folder, with_driver(running.url(EMPTY))) as probe:
                yield Desk(running, connection, folder, probe)
        finally:
            connection.execute(f"DROP DATABASE {EMPTY} WITH (FORCE)".encode())


def grave(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings above info."""
    return [finding for finding in findings if finding.severity != "info"]


# What is wrong with every such file as Alembic writes it; once it is mended there is nothing left to do.
_MENDED = frozenset({"DG02", "DG05", "EN03", "EN04", "EN05"})


def mended(finding: Finding) -> bool:
    """Return whether a finding only says that a usual mistake of Alembic's was put right."""
    return finding.code in _MENDED and finding.outcome == "repaired"
