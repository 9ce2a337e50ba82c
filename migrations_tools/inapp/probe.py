"""Runs inside the application's own Python: one file, standard library plus the application's Alembic and SQLAlchemy.

Handed over standard input, it answers requests, one JSON document a line, on a channel of its own: what `env.py`
prints goes to standard error. Works on Python 3.8 and newer, Alembic 1.9 and newer, SQLAlchemy 1.4 and 2.x.

No statement reaches a database before its comment has shown this run's token: the check stands in SQLAlchemy's
`do_connect` event, before the dialect asks its first question.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import traceback

MARK = "\x1emigrations-tools\x1e"
_TOKEN_SQL = (
    "SELECT pg_catalog.shobj_description(d.oid, 'pg_database') FROM pg_catalog.pg_database d"
    " WHERE d.datname = pg_catalog.current_database()"
)
_ENUMS_SQL = (
    "SELECT n.nspname, t.typname, pg_catalog.pg_type_is_visible(t.oid) FROM pg_catalog.pg_type t"
    " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e'"
)


class WrongDatabase(Exception):
    """A connection led to a database that does not carry the token."""


class Gate:
    """Lets connections through only to the database that carries the token; may send them to another one."""

    def __init__(self):
        self.token = None
        self.database = None
        self.refused = []
        self.reached = []
        self._inside = False

    def install(self):
        """Attach to every engine of this process, whenever and however it is made."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine
        from sqlalchemy.pool import Pool

        event.listen(Engine, "do_connect", self.connect)
        event.listen(Pool, "connect", self.pooled)

    def connect(self, dialect, record, arguments, parameters):
        """Open the connection that SQLAlchemy asked for, and check it before anyone else sees it."""
        if self._inside:
            return None
        where = _where(parameters)
        if dialect.name != "postgresql":
            self._refuse("a %s database" % dialect.name)
        if self.database:
            _redirect(dialect, parameters, self.database)
        connection = self._open(dialect, record, arguments, parameters)
        self._check(connection, where)
        if record is not None:
            record.info["migrations_tools"] = True
        return connection

    def pooled(self, connection, record):
        """Check what came from a `creator=` function, which `do_connect` never sees."""
        if not record.info.get("migrations_tools"):
            self._check(connection, "a connection made by a function of the project's own")

    def _open(self, dialect, record, arguments, parameters):
        # The project's own listeners (a password that is fetched at connect time, say) come first, as they would.
        self._inside = True
        try:
            for listener in list(dialect.dispatch.do_connect):
                connection = listener(dialect, record, arguments, parameters)
                if connection is not None:
                    return connection
        finally:
            self._inside = False
        return dialect.connect(*arguments, **parameters)

    def _check(self, connection, where):
        cursor = connection.cursor()
        try:
            cursor.execute(_TOKEN_SQL)
            row = cursor.fetchone()
        finally:
            cursor.close()
        connection.rollback()
        if self.token is None or row is None or row[0] != self.token:
            connection.close()
            self._refuse(where)
        self.reached.append(where)

    def _refuse(self, where):
        self.refused.append(where)
        raise WrongDatabase("the connection leads to %s, which is not the temp database" % where)


def _where(parameters):
    name = parameters.get("dbname") or parameters.get("database") or "?"
    return "%s:%s/%s" % (parameters.get("host") or "a local socket", parameters.get("port") or 5432, name)


def _redirect(dialect, parameters, database):
    key = "dbname" if dialect.driver.startswith("psycopg") else "database"
    parameters.pop("dbname", None)
    parameters.pop("database", None)
    parameters[key] = database


GATE = Gate()


class Talk:
    """The channel: requests come in by line, answers and questions go out by line, behind a mark."""

    def __init__(self, incoming, outgoing):
        self.incoming = incoming
        self.outgoing = outgoing

    def send(self, document):
        self.outgoing.write(MARK + json.dumps(document) + "\n")
        self.outgoing.flush()

    def receive(self):
        line = self.incoming.readline()
        return json.loads(line) if line else None

    def ask(self, question, value):
        """Send a question in the middle of a request and give the other side's answer."""
        self.send({"ask": question, "value": value})
        answer = self.receive()
        if answer is None:
            raise EOFError("the other side went away")
        return answer


# --- the Alembic environment -------------------------------------------------------------------------------------


def find_config(candidates):
    """Give the path of the first candidate that exists, seen from the working folder upwards."""
    folders = [os.getcwd()]
    while os.path.dirname(folders[-1]) != folders[-1]:
        folders.append(os.path.dirname(folders[-1]))
    for name in candidates:
        for folder in folders:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                return path
    raise FileNotFoundError("no Alembic configuration (%s) in %s or above it" % (", ".join(candidates), os.getcwd()))


def make_config(request, **options):
    """Make Alembic's Config as its own command line would, quiet, for the file that the request names."""
    from alembic.config import Config

    path = find_config(request["config"])
    os.chdir(os.path.dirname(path))
    if "" not in sys.path:
        sys.path.insert(0, "")
    config = Config(path, stdout=io.StringIO(), **options)
    if request.get("section"):
        config.config_ini_section = request["section"]
    for key, value in (request.get("options") or {}).items():
        config.set_main_option(key, value)
    return config


def script_of(config):
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def locations(script):
    """Give the versions folders, each as an absolute path, the one for new files first."""
    found = getattr(script, "_version_locations", None) or script.version_locations
    if not found:
        found = [script.versions]
    return [os.path.abspath(str(path)) for path in found]


def in_environment(config, function):
    """Run env.py with a function in the place of the migrations: function(current heads, migration context)."""
    from alembic.runtime.environment import EnvironmentContext

    script = script_of(config)
    with EnvironmentContext(config, script, fn=function, as_sql=False):
        script.run_env()


def metadatas(context):
    """Give the models' MetaData objects as a list."""
    found = context.opts.get("target_metadata")
    if found is None:
        raise LookupError("env.py sets no target_metadata, so Alembic cannot compare models with the database")
    return list(found) if isinstance(found, (list, tuple)) else [found]


# --- requests ----------------------------------------------------------------------------------------------------


def do_hello(request, talk):
    """Say what runs here, and what the versions folders hold (sha256 by file name)."""
    import alembic
    import sqlalchemy

    config = make_config(request)
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


def _hashes(folder):
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if name.endswith(".py") and os.path.isfile(path):
            with open(path, "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def do_current(request, talk):
    """Say where the database stands, and the name of its version table."""
    seen = {}

    def look(heads, context):
        seen["current"] = list(heads) if isinstance(heads, (list, tuple)) else [heads] if heads else []
        seen["version_table"] = context.version_table
        seen["version_table_schema"] = context.version_table_schema
        return []

    in_environment(make_config(request), look)
    if not seen:
        raise LookupError("env.py ended without running the migrations: it never called run_migrations()")
    return seen


def do_history(request, talk):
    """Give every revision, newest first, with its file's text."""
    revisions = []
    for item in script_of(make_config(request)).walk_revisions():
        with open(item.path, encoding="utf-8") as file:
            source = file.read()
        down = item.down_revision
        revisions.append(
            {
                "revision": item.revision,
                "down": list(down) if isinstance(down, (list, tuple)) else [down] if down else [],
                "file": os.path.basename(item.path),
                "doc": item.doc,
                "source": source,
            }
        )
    return {"revisions": revisions}


def do_upgrade(request, talk):
    from alembic import command

    command.upgrade(make_config(request), request.get("revision") or "heads")
    return do_current(request, talk)


def do_downgrade(request, talk):
    from alembic import command

    command.downgrade(make_config(request), request["revision"])
    return do_current(request, talk)


def do_metadata(request, talk):
    """Create the models' own schema in the database, as `create_all` would; say which tables it has.

    Tables in `known` that env.py's include_name or include_object leave out come back as `excluded`.
    """
    answer = {"tables": [], "excluded": []}

    def create(heads, context):
        from sqlalchemy import text

        for metadata in metadatas(context):
            for schema in sorted({table.schema for table in metadata.tables.values() if table.schema}):
                quoted = context.dialect.identifier_preparer.quote(schema)
                context.connection.execute(text("CREATE SCHEMA IF NOT EXISTS " + quoted))
            metadata.create_all(context.connection, checkfirst=False)
            answer["tables"] += [[table.schema, table.name] for table in metadata.sorted_tables]
        answer["excluded"] = _excluded(context, request.get("known") or [])
        return []

    in_environment(make_config(request), create)
    return answer


def _excluded(context, known):
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import MetaData, Table

    filters = AutogenContext(context, metadata=MetaData(), autogenerate=False)
    excluded = []
    for schema, name in known:
        names = {"schema_name": schema, "schema_qualified_table_name": name if not schema else schema + "." + name}
        table = Table(name, MetaData(), schema=schema)
        by_name = filters.run_name_filters(name, "table", names)
        if not by_name or not filters.run_object_filters(table, name, "table", True, None):
            excluded.append([schema, name])
    return excluded


# --- the revision ------------------------------------------------------------------------------------------------


def do_revision(request, talk):
    """Autogenerate; send the operations out; keep, hold and repair as told; let Alembic render the file.

    The file is written in a copy of the versions folders and comes back as text: the image may be read-only.
    """
    from alembic import command

    config = make_config(request)
    originals = locations(script_of(config))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as undo:
        copies = _copy_folders(originals, folder)
        for key in ("version_path_separator", "path_separator"):
            config.set_main_option(key, "os")
        config.set_main_option("version_locations", os.pathsep.join(copies).replace("%", "%%"))
        decided = Decision(talk, undo)
        made = command.revision(
            config,
            message=request.get("message") or "",
            autogenerate=True,
            head=request.get("head") or "head",
            process_revision_directives=decided.hook,
        )
        scripts = made if isinstance(made, list) else [made]
        files = [_read_script(script, copies, originals) for script in scripts if script is not None]
    return {"files": files, "enums": decided.enums}


def _copy_folders(originals, folder):
    copies = []
    for number, original in enumerate(originals):
        copy = os.path.join(folder, "versions%d" % number)
        if os.path.isdir(original):
            shutil.copytree(original, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            os.mkdir(copy)
        copies.append(copy)
    return copies


def _read_script(script, copies, originals):
    path = os.path.abspath(script.path)
    index = next(i for i, copy in enumerate(copies) if path.startswith(copy + os.sep))
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    down = script.down_revision
    return {
        "revision": script.revision,
        "down": list(down) if isinstance(down, (list, tuple)) else [down] if down else [],
        "location": index,
        "name": os.path.relpath(path, copies[index]),
        "text": text.replace(copies[index], originals[index]),
    }


class Decision:
    """Alembic's hook: sees the tree after the project's own hooks have changed it, and applies the verdict."""

    def __init__(self, talk, undo):
        self.talk = talk
        self.undo = undo
        self.enums = {"created": [], "reused": []}

    def hook(self, context, revision, directives):
        """Alembic calls this one before env.py's own hook, so it puts itself behind that one."""
        own = context.opts.get("process_revision_directives")

        def last(context, revision, directives):
            if own:
                own(context, revision, directives)
            if directives:
                self.decide(context, directives)

        context.opts["process_revision_directives"] = last

    def decide(self, context, directives):
        tree = Tree(directives[0], context)
        verdict = self.talk.ask("operations", tree.described)
        tree.hold(set(verdict["hold"]))
        if tree.is_empty():
            directives[:] = []
            return
        if verdict.get("message") and not directives[0].message:
            directives[0].message = verdict["message"]
        for upgrade, downgrade in tree.pairs:
            Enums(context, upgrade, downgrade, self.enums, self.undo).repair()


class Tree:
    """A MigrationScript's operations, numbered and described, and the taking out of some of them."""

    def __init__(self, script, context):
        self.pairs = list(zip(script.upgrade_ops_list, script.downgrade_ops_list))
        self.context = context
        self.found = []
        for upgrade, _ in self.pairs:
            self.found += list(_leaves(upgrade))
        self.described = [self._describe(number, op) for number, (_, op) in enumerate(self.found)]

    def is_empty(self):
        return all(upgrade.is_empty() for upgrade, _ in self.pairs)

    def hold(self, numbers):
        """Take operations out of upgrade(), and their mirrors out of downgrade()."""
        for number in sorted(numbers, reverse=True):
            container, op = self.found[number]
            container.ops.remove(op)
            mirror = _signature(op.reverse())
            for _, downgrade in self.pairs:
                _remove_mirror(downgrade, mirror)
        for pair in self.pairs:
            for container in pair:
                _drop_empty(container)

    def _describe(self, number, op):
        described = _facts(op)
        described["id"] = number
        described["code"] = self._code(op)
        return described

    def _code(self, op):
        """Give the lines that Alembic would write, with env.py's own rendering."""
        from alembic.autogenerate import render_op_text
        from alembic.autogenerate.api import AutogenContext

        return render_op_text(AutogenContext(self.context, autogenerate=False), op)


def _leaves(container):
    for op in list(container.ops):
        if hasattr(op, "ops"):
            for item in _leaves(op):
                yield item
        else:
            yield container, op


def _drop_empty(container):
    for op in list(container.ops):
        if hasattr(op, "ops"):
            _drop_empty(op)
            if not op.ops:
                container.ops.remove(op)


def _remove_mirror(container, signature):
    for inner, op in _leaves(container):
        if _signature(op) == signature:
            inner.ops.remove(op)
            return


def _signature(op):
    facts = _facts(op)
    return tuple(str(facts[key]) for key in ("kind", "schema", "table", "name", "columns"))


def _facts(op):
    """Describe an operation as plain values: what it does, to what."""
    kind = _KINDS.get(type(op).__name__, type(op).__name__)
    made = _made(op)
    return {
        "kind": kind,
        "schema": getattr(op, "schema", None),
        "table": getattr(op, "table_name", None) or getattr(op, "source_table", None),
        "name": _name(op),
        "constraint": _constraint_kind(op, made),
        "unique": bool(getattr(made, "unique", False)) if kind.endswith("index") else None,
        "columns": _columns(op, made),
        "referent": getattr(made, "referent_table", None),
    }


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
_CONSTRAINTS = {
    "CreateUniqueConstraintOp": "unique",
    "CreateForeignKeyOp": "foreign key",
    "CreateCheckConstraintOp": "check",
    "CreatePrimaryKeyOp": "primary key",
}


def _made(op):
    """For a drop, the operation that would make the object again, which knows its columns; else the op itself."""
    if type(op).__name__ not in ("DropConstraintOp", "DropIndexOp"):
        return op
    try:
        return op.reverse()
    except (ValueError, NotImplementedError):
        return op


def _name(op):
    for attribute in ("constraint_name", "index_name", "column_name"):
        if getattr(op, attribute, None):
            return str(getattr(op, attribute))
    column = getattr(op, "column", None)
    return str(column.name) if column is not None else None


def _constraint_kind(op, made):
    if type(made).__name__ in _CONSTRAINTS:
        return _CONSTRAINTS[type(made).__name__]
    kind = getattr(op, "constraint_type", None)
    return {"foreignkey": "foreign key", "primary": "primary key"}.get(kind, kind)


def _columns(op, made):
    column = getattr(op, "column", None)
    if column is not None:
        return [str(column.name)]
    found = getattr(made, "local_cols", None) or getattr(made, "columns", None) or []
    return [str(getattr(item, "name", None) or item) for item in found]


# --- enum types --------------------------------------------------------------------------------------------------


class Enums:
    """Makes a revision create each new enum type once, before it is used, and drop it in downgrade().

    Left to itself, Alembic lets CREATE TABLE make the type: two tables with one type fail, a type that exists
    fails, a column added with a new type fails, and nothing drops the type (alembic #278, #886, #1254).
    """

    def __init__(self, context, upgrade, downgrade, report, undo):
        self.context = context
        self.upgrade = upgrade
        self.downgrade = downgrade
        self.report = report
        self.undo = undo

    def repair(self):
        existing = self._existing()
        new = {}
        for holder, kind in self._used():
            key = (kind.schema, kind.name)
            if key not in existing:
                new.setdefault(key, list(kind.enums))
            elif self._label(key) not in self.report["reused"]:
                self.report["reused"].append(self._label(key))
            self._quiet(holder, kind)
        self._write(new)

    def _existing(self):
        connection = self.context.connection
        from sqlalchemy import text

        found = set()
        for schema, name, visible in connection.execute(text(_ENUMS_SQL)):
            found.add((schema, name))
            if visible:
                found.add((None, name))
        return found

    def _used(self):
        for _, op in list(_leaves(self.upgrade)):
            for holder, attribute in _type_places(op):
                kind = getattr(holder, attribute)
                while kind is not None and hasattr(kind, "item_type"):
                    holder, attribute, kind = kind, "item_type", kind.item_type
                if _is_native_enum(kind):
                    yield (holder, attribute), kind

    def _quiet(self, place, kind):
        """Put a type that creates nothing in the column's place, until the file is rendered."""
        holder, attribute = place
        self.undo.callback(setattr, holder, attribute, kind)
        setattr(holder, attribute, _quiet_enum(kind))

    def _label(self, key):
        return ".".join(part for part in key if part)

    def _quoted(self, key):
        quote = self.context.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in key if part)

    def _write(self, new):
        from alembic.operations import ops

        creates, drops = [], []
        for key in sorted(new, key=lambda item: (item[0] or "", item[1])):
            labels = ", ".join("'%s'" % label.replace("'", "''") for label in new[key])
            creates.append(ops.ExecuteSQLOp("CREATE TYPE %s AS ENUM (%s)" % (self._quoted(key), labels)))
            drops.append(ops.ExecuteSQLOp("DROP TYPE %s" % self._quoted(key)))
            self.report["created"].append(self._label(key))
        self.upgrade.ops[:0] = creates
        self.downgrade.ops.extend(reversed(drops))


def _type_places(op):
    """Give every (object, attribute) of an operation that holds a column's new type."""
    from sqlalchemy import Column

    places = [(column, "type") for column in getattr(op, "columns", ()) if isinstance(column, Column)]
    column = getattr(op, "column", None)
    if type(op).__name__ == "AddColumnOp" and isinstance(column, Column):
        places.append((column, "type"))
    if getattr(op, "modify_type", None) is not None:
        places.append((op, "modify_type"))
    return places


def _is_native_enum(kind):
    from sqlalchemy import Enum

    return isinstance(kind, Enum) and getattr(kind, "native_enum", True) and bool(kind.name)


def _quiet_enum(kind):
    from sqlalchemy.dialects.postgresql import ENUM

    class Quiet(ENUM):
        """An enum type that exists already: renders as `postgresql.ENUM(..., create_type=False)`."""

        def __repr__(self):
            schema = ", schema=%r" % self.schema if self.schema else ""
            labels = ", ".join(repr(label) for label in self.enums)
            return "ENUM(%s, name=%r%s, create_type=False)" % (labels, str(self.name), schema)

    Quiet.__module__ = ENUM.__module__
    return Quiet(*kind.enums, name=str(kind.name), schema=kind.schema, create_type=False)


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


def answer(request, talk):
    """Carry out one request and give its answer, or the error as plain values."""
    GATE.token, GATE.database = request.get("token"), request.get("database")
    GATE.refused, GATE.reached = [], []
    folder = os.getcwd()
    try:
        result = REQUESTS[request["do"]](request, talk)
        # env.py may have caught the refusal and gone on: then nothing that it did counts.
        if GATE.refused:
            raise WrongDatabase("the connection leads to %s, which is not the temp database" % GATE.refused[0])
        return {"ok": result, "reached": GATE.reached}
    except EOFError:
        raise
    except BaseException as error:  # env.py may call sys.exit(); the answer must come all the same
        return {"error": describe_error(error), "refused": GATE.refused}
    finally:
        os.chdir(folder)


def describe_error(error):
    """Give an exception as plain values, with PostgreSQL's own fields where there are any."""
    original = getattr(error, "orig", None)
    diagnosis = getattr(original, "diag", None)
    return {
        "type": type(error).__name__,
        "message": str(original or error).strip() or type(error).__name__,
        "statement": str(getattr(error, "statement", None) or ""),
        "detail": getattr(diagnosis, "message_detail", None) or "",
        "hint": getattr(diagnosis, "message_hint", None) or "",
        "traceback": traceback.format_exc(),
    }


def main(incoming=None):
    """Answer requests until the other side closes the channel."""
    # The channel is a copy of standard output; from here on, whatever prints, prints to standard error.
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    talk = Talk(incoming or sys.stdin, outgoing)
    try:
        GATE.install()
    except ImportError as error:
        talk.send({"error": describe_error(error), "refused": []})
        return
    talk.send({"ok": "ready", "reached": []})
    while True:
        request = talk.receive()
        if request is None:
            return
        talk.send(answer(request, talk))


if __name__ == "__main__":
    main()
