"""Runs inside the application's own Python: one file, standard library plus the application's Alembic and SQLAlchemy.

Handed over standard input, it answers requests, one JSON document a line, on a channel of its own: what `env.py`
prints goes to standard error. Works on Python 3.8 and newer, Alembic 1.9 and newer, SQLAlchemy 1.4 and 2.x.

No statement reaches a database before its comment has shown this run's token: the check stands in SQLAlchemy's
`do_connect` event, before the dialect asks its first question.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import json
import os
import re
import shutil
import sys
import tempfile
import tokenize
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import NoReturn, TextIO

    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    Facts = dict[str, Any]
    Key = tuple[str | None, str]

MARK = "\x1emigrations-tools\x1e"
_PROOF_SQL = (
    "SELECT pg_catalog.shobj_description(d.oid, 'pg_database'), CAST(d.datname AS text)"
    " FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()"
)
_ENUMS_SQL = (
    "SELECT n.nspname, t.typname, pg_catalog.pg_type_is_visible(t.oid) FROM pg_catalog.pg_type t"
    " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e'"
)
_CHECKED = "migrations_tools"


class WrongDatabase(Exception):
    """A connection led to a database that does not carry the token."""


class CannotRedirect(Exception):
    """A connection was to go to a scratch database and could not be sent there."""


class ChannelClosed(BaseException):
    """The other side went away; not an Exception, so that no `except Exception` of env.py holds it up."""


class Gate:
    """Lets connections through only to the database that carries the token; may send them to another one."""

    def __init__(self) -> None:
        self.token: str | None = None
        self.database: str | None = None
        self.refused: list[str] = []
        self.astray: list[str] = []
        self.reached: list[str] = []
        self._records: list[Any] = []

    def install(self) -> None:
        """Attach to every engine of this process, whenever and however it is made."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine
        from sqlalchemy.pool import Pool

        event.listen(Engine, "do_connect", self.connect)
        event.listen(Pool, "connect", self.pooled)

    def begin(self, token: str | None, database: str | None) -> None:
        """Start a request: which token must be seen, and to which database connections are sent, if to another."""
        self.token, self.database = token, database
        self.refused, self.astray, self.reached = [], [], []

    def release(self) -> None:
        """Close what env.py opened, once it has run.

        A pooled connection would lead the next request to this one's database, or belong to an event loop that has
        ended, and nobody may be connected to a database that is cloned or dropped.
        """
        records, self._records = self._records, []
        for record in records:
            record.invalidate()

    def verdict(self) -> None:
        """Raise what was refused: env.py may have caught it and gone on, and then nothing that it did counts."""
        if self.refused:
            raise WrongDatabase(_refusal(self.refused[0]))
        if self.astray:
            raise CannotRedirect(self.astray[0])

    def connect(self, dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        """Open the connection that SQLAlchemy asked for, and check it before anyone else sees it."""
        # Up to SQLAlchemy 2.0 these are the engine's own: what is changed here would stay for its next connection.
        arguments, parameters = list(arguments), dict(parameters)
        where = _where(parameters)
        if dialect.name != "postgresql":
            self._refuse("a %s database" % dialect.name)
        if self.database:
            _redirect(dialect, parameters, self.database)
        connection = self._open(dialect, record, arguments, parameters)
        self._check(connection, where)
        if record is not None:
            record.info[_CHECKED] = True
            self._records.append(record)
        return connection

    def pooled(self, connection: Any, record: Any) -> None:
        """Check what came from a `creator=` function, which `do_connect` never sees."""
        if not record.info.get(_CHECKED):
            self._check(connection, "a connection made by a function of the project's own")
            self._records.append(record)

    def _open(self, dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        # The project's own listeners (a password that is fetched at connect time, say) come first, as they would.
        for listener in list(dialect.dispatch.do_connect):
            if listener != self.connect:
                connection = listener(dialect, record, arguments, parameters)
                if connection is not None:
                    return connection
        return dialect.connect(*arguments, **parameters)

    def _check(self, connection: Any, where: str) -> None:
        try:
            token, name = _proof(connection)
        except Exception as error:
            self._close(connection)
            self._refuse("%s, which could not be asked for the token (%s)" % (where, error))
        if self.token is None or token != self.token:
            self._close(connection)
            self._refuse(where)
        if self.database and name != self.database:
            self._close(connection)
            self._lose(name)
        self.reached.append(where)

    def _close(self, connection: Any) -> None:
        try:
            connection.close()
        except Exception as error:
            print("closing a refused connection:", error, file=sys.stderr)  # noqa: T201 - the probe's standard error

    def _refuse(self, where: str) -> NoReturn:
        self.refused.append(where)
        raise WrongDatabase(_refusal(where))

    def _lose(self, name: str) -> NoReturn:
        self.astray.append(
            "env.py opens its connections with a function of its own, which leads to the database %s:"
            " they cannot be sent to the scratch database %s" % (name, self.database)
        )
        raise CannotRedirect(self.astray[-1])


def _refusal(where: str) -> str:
    return "the connection leads to %s, which is not the temp database" % where


def _proof(connection: Any) -> tuple[str | None, str]:
    """Give the comment and the name of the database that a driver's connection leads to."""
    cursor = connection.cursor()
    try:
        cursor.execute(_PROOF_SQL)
        row = cursor.fetchone()
    finally:
        cursor.close()
    connection.rollback()
    return row[0], row[1]


def _where(parameters: dict[str, Any]) -> str:
    name = parameters.get("dbname") or parameters.get("database") or "?"
    return "%s:%s/%s" % (parameters.get("host") or "a local socket", parameters.get("port") or 5432, name)


def _redirect(dialect: Any, parameters: dict[str, Any], database: str) -> None:
    key = "dbname" if dialect.driver.startswith("psycopg") else "database"
    parameters.pop("dbname", None)
    parameters.pop("database", None)
    parameters[key] = database


GATE = Gate()


class Talk:
    """The channel: requests come in by line, answers and questions go out by line, behind a mark."""

    def __init__(self, incoming: TextIO, outgoing: TextIO) -> None:
        self.incoming = incoming
        self.outgoing = outgoing

    def send(self, document: dict[str, Any]) -> None:
        """Write a document as one line."""
        self.outgoing.write(MARK + json.dumps(document, default=str) + "\n")
        self.outgoing.flush()

    def receive(self) -> Any:
        """Give the next document, or None when the other side has closed the channel."""
        line = self.incoming.readline()
        return json.loads(line) if line else None

    def ask(self, question: str, value: Any) -> Any:
        """Send a question in the middle of a request and give the other side's answer."""
        self.send({"ask": question, "value": value})
        answer = self.receive()
        if answer is None:
            raise ChannelClosed
        return answer


# --- the Alembic environment -------------------------------------------------------------------------------------


def find_config(candidates: Sequence[str]) -> str:
    """Give the path of the first candidate that exists, seen from the working folder upwards.

    A `pyproject.toml` counts when it configures Alembic. Raises FileNotFoundError when there is none.
    """
    folders = [os.getcwd()]
    while os.path.dirname(folders[-1]) != folders[-1]:
        folders.append(os.path.dirname(folders[-1]))
    for name in candidates:
        for folder in folders:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and _configures(path):
                return path
    raise FileNotFoundError("no Alembic configuration (%s) in %s or above it" % (", ".join(candidates), os.getcwd()))


def _configures(path: str) -> bool:
    if os.path.basename(path) != "pyproject.toml":
        return True
    with open(path, encoding="utf-8") as file:
        return "[tool.alembic" in file.read()


def make_config(request: dict[str, Any], *words: str) -> Config:
    """Make Alembic's Config as its own command line would for these words, and go where its paths count from.

    Its output goes nowhere. `env.py` finds the command's options in `config.cmd_opts`, as Alembic's cookbook has it.
    """
    from alembic.config import CommandLine, Config

    path = find_config(request["config"])
    start, folder = os.getcwd(), os.path.dirname(path)
    options: dict[str, Any] = {"stdout": io.StringIO(), "cmd_opts": CommandLine("alembic").parser.parse_args(words)}
    toml = os.path.join(folder, "pyproject.toml")
    # Alembic 1.16 and newer read both files, each for what it holds.
    if "toml_file" in inspect.signature(Config.__init__).parameters and os.path.isfile(toml):
        options["toml_file"] = toml
    config = Config(path if path != toml else os.path.join(folder, "alembic.ini"), **options)
    if request.get("section"):
        config.config_ini_section = request["section"]
    for key, value in (request.get("options") or {}).items():
        config.set_main_option(key, value)
    _go(start, folder, config)
    return config


def _go(start: str, folder: str, config: Config) -> None:
    """Change to the folder that relative paths count from.

    That is the configuration's own, unless its `script_location` is found from where the application starts
    (`alembic -c api/alembic.ini` with `script_location = api/migrations`).
    """
    read = getattr(config, "get_alembic_option", config.get_main_option)
    location = read("script_location") or ""
    from_start = not os.path.isabs(location) and os.path.isfile(os.path.join(start, location, "env.py"))
    os.chdir(start if from_start else folder)
    if "" not in sys.path:
        sys.path.insert(0, "")
    if start not in sys.path:
        sys.path.append(start)


def script_of(config: Config) -> ScriptDirectory:
    """Give the history of revision files."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def locations(script: ScriptDirectory) -> list[str]:
    """Give the versions folders, each as an absolute path, the one for new files first."""
    found: Any = getattr(script, "_version_locations", None) or script.version_locations
    if not found:
        found = [script.versions]
    return [os.path.abspath(str(path)) for path in found]


def in_environment(config: Config, function: Callable[[Any, Any], list[Any]]) -> None:
    """Run env.py with a function in the place of the migrations: function(current heads, migration context).

    The version table is not created: an application that looks for it at its start must find what it would.
    """
    from alembic.runtime.environment import EnvironmentContext

    script = script_of(config)
    with EnvironmentContext(config, script, fn=function, as_sql=False, dont_mutate=True):
        script.run_env()


def metadatas(context: MigrationContext) -> list[Any]:
    """Give the models' MetaData objects as a list."""
    found = context.opts.get("target_metadata")
    if found is None:
        raise LookupError("env.py sets no target_metadata, so Alembic cannot compare models with the database")
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _listed(found: Any) -> list[str]:
    """Give Alembic's "none, one or several revisions" as a list."""
    if isinstance(found, (list, tuple)):
        return list(found)
    return [found] if found else []


# --- requests ----------------------------------------------------------------------------------------------------


def do_hello(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Say what runs here, and what the versions folders hold (sha256 by file name)."""
    import alembic
    import sqlalchemy

    config = make_config(request, "current")
    script = script_of(config)
    return {
        "python": "%d.%d.%d" % sys.version_info[:3],
        "alembic": alembic.__version__,
        "sqlalchemy": sqlalchemy.__version__,
        "config": config.config_file_name,
        "locations": [{"path": path, "files": _hashes(path)} for path in locations(script)],
        "heads": list(script.get_heads()),
        "version_table": "alembic_version",
    }


def _hashes(folder: str) -> dict[str, str]:
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if name.endswith(".py") and os.path.isfile(path):
            with open(path, "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def do_current(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Say where the database stands, and the name of its version table."""
    return _standing(make_config(request, "current"))


def _standing(config: Config) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def look(heads: Any, context: Any) -> list[Any]:
        seen["current"] = _listed(heads)
        seen["version_table"] = context.version_table
        seen["version_table_schema"] = context.version_table_schema
        return []

    in_environment(config, look)
    if not seen:
        raise LookupError("env.py ended without running the migrations: it never called run_migrations()")
    return seen


def do_history(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Give every revision, newest first, with its file's text."""
    revisions = []
    for item in script_of(make_config(request, "history")).walk_revisions():
        with tokenize.open(item.path) as file:
            source = file.read()
        revisions.append(
            {
                "revision": item.revision,
                "down": _listed(item.down_revision),
                "file": os.path.basename(item.path),
                "doc": item.doc,
                "source": source,
            }
        )
    return {"revisions": revisions}


def do_upgrade(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Take the database up, to the heads when no revision is named; say where it stands then."""
    from alembic import command

    revision = request.get("revision") or "heads"
    config = make_config(request, "upgrade", revision)
    command.upgrade(config, revision)
    GATE.release()
    return _standing(config)


def do_downgrade(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Take the database down to a revision; say where it stands then."""
    from alembic import command

    config = make_config(request, "downgrade", request["revision"])
    command.downgrade(config, request["revision"])
    GATE.release()
    return _standing(config)


def do_metadata(request: dict[str, Any], _talk: Talk) -> dict[str, Any]:
    """Create the models' own schema in the database, as `create_all` would; say which tables it has.

    Tables in `known` that env.py's include_name or include_object leave out come back as `excluded`.
    """
    answer: dict[str, Any] = {}

    def create(_heads: Any, context: Any) -> list[Any]:
        # A step's own transaction: with transaction_per_migration there is no other that would be committed.
        with context.begin_transaction(_per_migration=True):
            answer["tables"] = [table for metadata in metadatas(context) for table in _create(context, metadata)]
            answer["excluded"] = _excluded(context, request.get("known") or [])
        return []

    in_environment(make_config(request, "current"), create)
    if not answer:
        raise LookupError("env.py ended without running the migrations: it never called run_migrations()")
    return answer


def _create(context: MigrationContext, metadata: Any) -> list[list[str | None]]:
    from sqlalchemy import text

    connection: Any = context.connection
    for schema in sorted({table.schema for table in metadata.tables.values() if table.schema}):
        quoted = context.dialect.identifier_preparer.quote(schema)
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS " + quoted))
    metadata.create_all(connection, checkfirst=False)
    return [[table.schema, table.name] for table in metadata.sorted_tables]


def _excluded(context: MigrationContext, known: Iterable[Sequence[Any]]) -> list[list[str | None]]:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import MetaData, Table

    filters = AutogenContext(context, metadata=MetaData(), autogenerate=False)
    excluded = []
    for schema, name in known:
        names: Any = {"schema_name": schema, "schema_qualified_table_name": name if not schema else schema + "." + name}
        table = Table(name, MetaData(), schema=schema)
        by_name = filters.run_name_filters(name, "table", names)
        if not by_name or not filters.run_object_filters(table, name, "table", True, None):
            excluded.append([schema, name])
    return excluded


# --- the revision ------------------------------------------------------------------------------------------------


def do_revision(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """Autogenerate; send the operations out; keep, hold and repair as told; let Alembic render the file.

    The file is written in a copy of the versions folders and comes back as text: the image may be read-only.
    Post-write hooks that fail (a formatter that the image lacks) come back in `hooks`, with the file as it was.
    """
    from alembic import command

    config = make_config(request, "revision", "--autogenerate")
    script = script_of(config)
    originals = locations(script)
    failed: list[dict[str, str]] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as undo:
        undo.enter_context(_forgiving_hooks(failed))
        copies = _copy_folders(originals, os.path.realpath(folder))
        for key in ("version_path_separator", "path_separator"):
            config.set_main_option(key, "os")
        config.set_main_option("version_locations", os.pathsep.join(copies).replace("%", "%%"))
        decided = Decision(talk, undo)
        made = command.revision(
            config,
            message=request.get("message") or "",
            autogenerate=True,
            head=request.get("head") or "head",
            # With several folders Alembic puts a file beside its parent; the very first has none.
            version_path=copies[0] if len(copies) > 1 and not script.get_heads() else None,
            process_revision_directives=decided.hook,
        )
        if not decided.reached:
            raise LookupError("env.py ended without comparing the models: it never called run_migrations()")
        scripts = made if isinstance(made, list) else [made]
        files = [_read_script(item, copies, originals) for item in scripts if item is not None]
    return {"files": files, "enums": decided.enums, "named": decided.named, "hooks": failed}


@contextlib.contextmanager
def _forgiving_hooks(failed: list[dict[str, str]]) -> Iterator[None]:
    """Let a post-write hook fail without losing the file that it was to touch up."""
    from alembic.script import write_hooks

    invoke = write_hooks._invoke

    def invoke_and_note(name: str, *rest: Any, **options: Any) -> Any:
        try:
            return invoke(name, *rest, **options)
        except Exception as error:
            failed.append({"name": name, "error": str(error)})

    write_hooks._invoke = invoke_and_note
    try:
        yield
    finally:
        write_hooks._invoke = invoke


def _copy_folders(originals: Sequence[str], folder: str) -> list[str]:
    copies = []
    for number, original in enumerate(originals):
        copy = os.path.join(folder, "versions%d" % number)
        if os.path.isdir(original):
            shutil.copytree(original, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            os.mkdir(copy)
        copies.append(copy)
    return copies


def _read_script(script: Any, copies: Sequence[str], originals: Sequence[str]) -> dict[str, Any]:
    path = os.path.realpath(script.path)
    index = next(i for i, copy in enumerate(copies) if path.startswith(copy + os.sep))
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    return {
        "revision": script.revision,
        "down": _listed(script.down_revision),
        "location": index,
        "name": os.path.relpath(path, copies[index]),
        "text": text.replace(copies[index], originals[index]),
    }


class Decision:
    """Alembic's hook: sees the tree after the project's own hooks have changed it, and applies the verdict."""

    def __init__(self, talk: Talk, undo: contextlib.ExitStack) -> None:
        self.talk = talk
        self.undo = undo
        self.reached = False
        self.enums: dict[str, list[str]] = {"created": [], "reused": []}
        self.named: list[str] = []
        self._repaired: list[Any] = []

    def hook(self, context: Any, _revision: Any, _directives: Any) -> None:
        """Alembic calls this one before env.py's own hook, so it puts itself behind that one."""
        own = context.opts.get("process_revision_directives")
        if own == self.last:  # env.py runs the migrations again in the same context, and has been asked already
            return
        self._own = own
        context.opts["process_revision_directives"] = self.last

    def last(self, context: Any, revision: Any, directives: list[Any]) -> None:
        """Let the project's own hook do its work, then decide."""
        if self._own:
            self._own(context, revision, directives)
        self.reached = True
        if directives:
            self._decide(context, directives)

    def _decide(self, context: Any, directives: list[Any]) -> None:
        tree = Tree(directives, context)
        verdict = self.talk.ask("operations", tree.described)
        tree.hold(set(verdict["hold"]))
        if tree.is_empty():
            directives[:] = []
            return
        if verdict.get("message") and not directives[0].message:
            directives[0].message = verdict["message"]
        for upgrade, downgrade in tree.pairs:
            # With several databases or schemas env.py comes here once for each; what was repaired stays so.
            if not any(upgrade is done for done in self._repaired):
                self._repaired.append(upgrade)
                Enums(context, upgrade, downgrade, self.enums, self.undo).repair()
                self.named += name_constraints(context, upgrade, downgrade)


class Tree:
    """The operations of all the scripts that are to be written, numbered and described; some may be taken out."""

    def __init__(self, scripts: Sequence[Any], context: MigrationContext) -> None:
        self.pairs = [
            pair
            for script in scripts
            for pair in zip(script.upgrade_ops_list, script.downgrade_ops_list)  # noqa: B905 - Python 3.8
        ]
        self.context = context
        self.found = [leaf for upgrade, _ in self.pairs for leaf in _leaves(upgrade)]
        self.described = [self._describe(number, op) for number, (_, op) in enumerate(self.found)]

    def is_empty(self) -> bool:
        """Tell whether nothing is left to do."""
        return all(upgrade.is_empty() for upgrade, _ in self.pairs)

    def hold(self, numbers: set[int]) -> None:
        """Take operations out of upgrade(), and their mirrors out of downgrade()."""
        for number in sorted(numbers, reverse=True):
            container, op = self.found[number]
            container.ops.remove(op)
            for _, downgrade in self.pairs:
                if _remove_mirror(downgrade, _facts(op)):
                    break
        for pair in self.pairs:
            for container in pair:
                _drop_empty(container)

    def _describe(self, number: int, op: Any) -> Facts:
        described = _facts(op)
        described["id"] = number
        described["code"] = self._code(op)
        return described

    def _code(self, op: Any) -> str:
        """Give the lines that Alembic would write, with env.py's own rendering."""
        from alembic.autogenerate import render_op_text
        from alembic.autogenerate.api import AutogenContext

        return render_op_text(AutogenContext(self.context, autogenerate=False), op)


def _leaves(container: Any) -> Iterator[tuple[Any, Any]]:
    for op in list(container.ops):
        if hasattr(op, "ops"):
            yield from _leaves(op)
        else:
            yield container, op


def _drop_empty(container: Any) -> None:
    for op in list(container.ops):
        if hasattr(op, "ops"):
            _drop_empty(op)
            if not op.ops:
                container.ops.remove(op)


def _remove_mirror(container: Any, facts: Facts) -> bool:
    for inner, op in _leaves(container):
        if _mirrors(_facts(op), facts):
            inner.ops.remove(op)
            return True
    return False


def _mirrors(facts: Facts, held: Facts) -> bool:
    """Tell whether an operation of downgrade() undoes one of upgrade().

    What an operation does not tell (a drop that the project's own hook made knows no columns) is not compared.
    """
    return (
        facts["kind"] in _UNDOES.get(held["kind"], ())
        and all(facts[key] == held[key] for key in ("schema", "table", "name"))
        and all(facts[key] == held[key] or not (facts[key] and held[key]) for key in ("columns", "referent"))
    )


def _facts(op: Any) -> Facts:
    """Describe an operation as plain values: what it does, to what."""
    kind = _KINDS.get(type(op).__name__) or _snake(type(op).__name__)
    made = _made(op)
    return {
        "kind": kind,
        "schema": getattr(op, "schema", None) or (getattr(op, "kw", None) or {}).get("source_schema"),
        "table": getattr(op, "table_name", None) or getattr(op, "source_table", None),
        "name": _name(op),
        "constraint": _constraint_kind(op, made),
        "unique": bool(getattr(made, "unique", False)) if kind.endswith("index") else None,
        "columns": _columns(made),
        "referent": getattr(made, "referent_table", None),
    }


def _snake(name: str) -> str:
    """Write the class of an operation that is not Alembic's own as a verb: DropEnumOp is "drop_enum"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.sub("Op$", "", name)).lower()


_KINDS = {
    "CreateTableOp": "create_table",
    "DropTableOp": "drop_table",
    "AddColumnOp": "add_column",
    "DropColumnOp": "drop_column",
    "AlterColumnOp": "alter_column",
    "CreateIndexOp": "create_index",
    "DropIndexOp": "drop_index",
    "CreateUniqueConstraintOp": "create_constraint",
    "CreateForeignKeyOp": "create_constraint",
    "CreateCheckConstraintOp": "create_constraint",
    "CreatePrimaryKeyOp": "create_constraint",
    "DropConstraintOp": "drop_constraint",
    "CreateTableCommentOp": "create_table_comment",
    "DropTableCommentOp": "drop_table_comment",
    "ExecuteSQLOp": "execute",
}
_UNDOES = {
    "create_table": ("drop_table",),
    "drop_table": ("create_table",),
    "add_column": ("drop_column",),
    "drop_column": ("add_column",),
    "alter_column": ("alter_column",),
    "create_index": ("drop_index",),
    "drop_index": ("create_index",),
    "create_constraint": ("drop_constraint",),
    "drop_constraint": ("create_constraint",),
    "create_table_comment": ("create_table_comment", "drop_table_comment"),
    "drop_table_comment": ("create_table_comment",),
}
_CONSTRAINTS = {
    "CreateUniqueConstraintOp": "unique",
    "CreateForeignKeyOp": "foreign key",
    "CreateCheckConstraintOp": "check",
    "CreatePrimaryKeyOp": "primary key",
}


def _made(op: Any) -> Any:
    """For a drop, the operation that would make the object again, which knows its columns; else the op itself."""
    if type(op).__name__ not in ("DropConstraintOp", "DropIndexOp"):
        return op
    # Kept by Alembic as it was reflected; up to some version reverse() forgets that an index is unique.
    return op if op._reverse is None else op._reverse


def _name(op: Any) -> str | None:
    # An operation of an extension has its object's name, or an entity with a signature (alembic_utils).
    holders = [(op, name) for name in ("constraint_name", "index_name", "column_name", "name")]
    for holder, attribute in [*holders, (getattr(op, "target", None), "signature")]:
        found = getattr(holder, attribute, None)
        if isinstance(found, str):  # Alembic writes an unnamed constraint as None or as a symbol
            return str(found)
    column = getattr(op, "column", None)
    return str(column.name) if column is not None else None


def _constraint_kind(op: Any, made: Any) -> str | None:
    if type(made).__name__ in _CONSTRAINTS:
        return _CONSTRAINTS[type(made).__name__]
    kind = getattr(op, "constraint_type", None)
    return {"foreignkey": "foreign key", "primary": "primary key"}.get(kind or "", kind)


def _columns(made: Any) -> list[str]:
    """Give the columns by name; an index's expressions as SQL."""
    from sqlalchemy.sql.expression import ColumnClause

    column = getattr(made, "column", None)
    if column is not None:
        return [str(column.name)]
    found = getattr(made, "local_cols", None) or getattr(made, "columns", None) or []
    if type(made).__name__ == "CreateTableOp":
        found = [item for item in found if isinstance(item, ColumnClause)]
    return [str(item.name) if isinstance(item, ColumnClause) else str(item) for item in found]


# --- enum types --------------------------------------------------------------------------------------------------


class Enums:
    """Makes a revision create each new enum type once, before it is used, and drop it in downgrade().

    Left to itself, Alembic lets CREATE TABLE make the type: two tables with one type fail, a type that exists
    fails, a column added with a new type fails, and nothing drops the type (alembic #278, #886, #1254).
    """

    def __init__(
        self,
        context: MigrationContext,
        upgrade: Any,
        downgrade: Any,
        report: dict[str, list[str]],
        undo: contextlib.ExitStack,
    ) -> None:
        self.context = context
        self.upgrade = upgrade
        self.downgrade = downgrade
        self.report = report
        self.undo = undo

    def repair(self) -> None:
        """Change both directions: types are made and dropped by statements of their own, and by nothing else."""
        existing = self._existing()
        new: dict[Key, list[str]] = {}
        for place, kind in self._used(self.upgrade):
            key = (kind.schema, str(kind.name))
            if key not in existing:
                new.setdefault(key, list(kind.enums))
            elif _label(key) not in self.report["reused"]:
                self.report["reused"].append(_label(key))
            self._quiet(place, kind)
        # What downgrade() makes again uses types that were there before: upgrade() dropped none.
        for place, kind in self._used(self.downgrade):
            if (kind.schema, str(kind.name)) in existing:
                self._quiet(place, kind)
        self._write(new)

    def _existing(self) -> set[Key]:
        from sqlalchemy import text

        connection: Any = self.context.connection
        found: set[Key] = set()
        for schema, name, visible in connection.execute(text(_ENUMS_SQL)):
            found.add((schema, name))
            if visible:
                found.add((None, name))
        return found

    def _used(self, container: Any) -> Iterator[tuple[tuple[Any, str], Any]]:
        """Give the enum types of a container's operations, each with the (object, attribute) that holds it."""
        from sqlalchemy.types import ARRAY

        for _, op in _leaves(container):
            for holder, attribute in _type_places(op):
                kind = getattr(holder, attribute)
                while isinstance(kind, ARRAY):
                    holder, attribute, kind = kind, "item_type", kind.item_type
                kind = self._undecorated(kind)
                if _is_native_enum(kind):
                    yield (holder, attribute), kind

    def _undecorated(self, kind: Any) -> Any:
        """Give what a TypeDecorator is in the database, which is all that a migration needs of it.

        Rendered as itself it would make its type behind our back, and the file would need the application's code.
        """
        from sqlalchemy.types import TypeDecorator

        return kind.load_dialect_impl(self.context.dialect) if isinstance(kind, TypeDecorator) else kind

    def _quiet(self, place: tuple[Any, str], kind: Any) -> None:
        """Put a type that creates nothing in the column's place, until the file is rendered."""
        holder, attribute = place
        self.undo.callback(setattr, holder, attribute, getattr(holder, attribute))
        setattr(holder, attribute, _quiet_enum(kind))

    def _quoted(self, key: Key) -> str:
        quote = self.context.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in key if part)

    def _write(self, new: dict[Key, list[str]]) -> None:
        from alembic.operations import ops

        creates, drops = [], []
        for key in sorted(new, key=lambda item: (item[0] or "", item[1])):
            labels = ", ".join("'%s'" % label.replace("'", "''") for label in new[key])
            creates.append(ops.ExecuteSQLOp(_plain("CREATE TYPE %s AS ENUM (%s)" % (self._quoted(key), labels))))
            drops.append(ops.ExecuteSQLOp(_plain("DROP TYPE %s" % self._quoted(key))))
            self.report["created"].append(_label(key))
        self.upgrade.ops[:0] = creates
        self.downgrade.ops.extend(reversed(drops))


def _label(key: Key) -> str:
    return ".".join(part for part in key if part)


def _plain(statement: str) -> str:
    """Escape what op.execute() would take for a bound parameter (`:word`), as SQLAlchemy's text() has it."""
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", statement)


def _type_places(op: Any) -> list[tuple[Any, str]]:
    """Give every (object, attribute) of an operation that holds a column's new type."""
    from sqlalchemy import Column

    places: list[tuple[Any, str]] = []
    if type(op).__name__ == "CreateTableOp":
        places += [(column, "type") for column in op.columns if isinstance(column, Column)]
    if type(op).__name__ == "AddColumnOp":
        places.append((op.column, "type"))
    if getattr(op, "modify_type", None) is not None:
        places.append((op, "modify_type"))
    return places


def _is_native_enum(kind: Any) -> bool:
    from sqlalchemy import Enum

    # A type with variants is another one on another database; replacing it would lose that.
    varied = bool(getattr(kind, "_variant_mapping", None))
    return isinstance(kind, Enum) and getattr(kind, "native_enum", True) and bool(kind.name) and not varied


def _quiet_enum(kind: Any) -> Any:
    from sqlalchemy.dialects.postgresql import ENUM

    class Quiet(ENUM):
        """An enum type that exists already: renders as `postgresql.ENUM(..., create_type=False)`."""

        def __repr__(self) -> str:
            schema = ", schema=%r" % str(self.schema) if self.schema else ""
            labels = ", ".join(repr(str(label)) for label in self.enums)
            return "ENUM(%s, name=%r%s, create_type=False)" % (labels, str(self.name), schema)

    Quiet.__module__ = ENUM.__module__
    return Quiet(*kind.enums, name=str(kind.name), schema=kind.schema, create_type=False)


# --- constraints without a name ----------------------------------------------------------------------------------


_LABELS = {"unique": "key", "foreign key": "fkey"}
_NAMES_SQL = (
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " UNION SELECT n.nspname, c.conname FROM pg_catalog.pg_constraint c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace"
)
_LONGEST_NAME = 63  # bytes: NAMEDATALEN - 1


def name_constraints(context: MigrationContext, upgrade: Any, downgrade: Any) -> list[str]:
    """Give new constraints without a name the one that PostgreSQL would choose, and say which these are.

    Otherwise downgrade() would drop a constraint called None, which fails (alembic #588, #916, #1602).
    """
    from sqlalchemy import text
    from sqlalchemy.sql.naming import conv

    unnamed = [op for _, op in _leaves(upgrade) if _facts(op)["constraint"] in _LABELS and _is_unnamed(op)]
    if not unnamed:
        return []
    connection: Any = context.connection
    default = context.dialect.default_schema_name
    taken = {(schema, name) for schema, name in connection.execute(text(_NAMES_SQL))}
    named = []
    for op in unnamed:
        facts = _facts(op)
        schema = facts["schema"] or default
        name = _chosen_name(facts, {found for where, found in taken if where == schema})
        taken.add((schema, name))
        mirror = next((other for _, other in _leaves(downgrade) if _mirrors(_facts(other), facts)), None)
        for item in (op, mirror):
            if item is not None:
                item.constraint_name = conv(name)
        named.append(".".join(part for part in (facts["schema"], facts["table"], name) if part))
    return named


def _is_unnamed(op: Any) -> bool:
    return _facts(op)["kind"] == "create_constraint" and _name(op) is None


def _chosen_name(facts: Facts, taken: set[str]) -> str:
    """Choose a name as PostgreSQL does: makeObjectName() and ChooseConstraintName(), from version 12 on."""
    label, number = _LABELS[facts["constraint"]], 0
    while True:
        name = _object_name(facts["table"], "_".join(facts["columns"]), label + (str(number) if number else ""))
        if name not in taken:
            return name
        number += 1


def _object_name(table: str, columns: str, label: str) -> str:
    first, second = table.encode(), columns.encode()
    space = _LONGEST_NAME - len(label) - 2
    while len(first) + len(second) > space:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    return "_".join([first.decode(errors="ignore"), second.decode(errors="ignore"), label])


# --- the loop ----------------------------------------------------------------------------------------------------


REQUESTS = {
    "hello": do_hello,
    "current": do_current,
    "history": do_history,
    "upgrade": do_upgrade,
    "downgrade": do_downgrade,
    "metadata": do_metadata,
    "revision": do_revision,
}


def answer(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """Carry out one request and give its answer, or the error as plain values."""
    GATE.begin(request.get("token"), request.get("database"))
    folder = os.getcwd()
    try:
        return {"ok": _carry_out(request, talk), "reached": GATE.reached}
    except ChannelClosed:
        raise
    except BaseException as error:  # env.py may call sys.exit(); the answer must come all the same
        return {"error": describe_error(error), "refused": GATE.refused}
    finally:
        GATE.release()
        os.chdir(folder)


def _carry_out(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    result = REQUESTS[request["do"]](request, talk)
    GATE.verdict()
    return result


def describe_error(error: BaseException) -> dict[str, str]:
    """Give an exception as plain values, with PostgreSQL's own fields where there are any."""
    original = getattr(error, "orig", None) or error
    message, detail, hint = _server_fields(original)
    return {
        "type": type(error).__name__,
        "message": (message or str(original)).strip() or type(error).__name__,
        "statement": str(getattr(error, "statement", None) or ""),
        "detail": detail or "",
        "hint": hint or "",
        "traceback": traceback.format_exc(),
    }


def _server_fields(original: BaseException) -> tuple[Any, Any, Any]:
    """Give PostgreSQL's message, detail and hint as each driver keeps them."""
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:  # psycopg and psycopg2
        return diagnosis.message_primary, diagnosis.message_detail, diagnosis.message_hint
    if original.args and isinstance(original.args[0], dict):  # pg8000
        fields = original.args[0]
        return fields.get("M"), fields.get("D"), fields.get("H")
    cause = original.__cause__  # asyncpg
    if hasattr(cause, "sqlstate"):
        return getattr(cause, "message", None), getattr(cause, "detail", None), getattr(cause, "hint", None)
    return None, None, None


def main() -> None:
    """Answer requests until the other side closes the channel."""
    talk = _open_channel()
    try:
        GATE.install()
    except ImportError as error:
        talk.send({"error": describe_error(error), "refused": []})
        return
    talk.send({"ok": "ready", "reached": []})
    with contextlib.suppress(ChannelClosed):
        while True:
            request = talk.receive()
            if request is None:
                return
            talk.send(answer(request, talk))


def _open_channel() -> Talk:
    """Keep standard input and output for the channel alone.

    From here on, whatever prints, prints to standard error, and whatever asks the user finds nobody there. Nothing
    is read ahead of the first request, which comes only after the probe has said that it is ready.
    """
    incoming = os.fdopen(os.dup(0), encoding="utf-8")
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - it lives as long as the process
    return Talk(incoming, outgoing)


if __name__ == "__main__":
    main()
