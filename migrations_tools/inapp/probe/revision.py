"""The revision: autogenerate, let the other side decide, let Alembic render the file."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

from .apply_edits import apply_edits, finish
from .client_sequences import without_serials
from .configuration import make_config
from .constraint_names import name_constraints, without_nulls_distinct
from .default_comparison import failing_apart
from .details import plain_percents
from .enum_types import Enums
from .environment import database_of, default_schema, listed, locations, looking_in, script_of
from .imports import with_imports
from .operation_order import put_in_order
from .pieces import plain
from .tree import Tree, pairs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .channel import Talk


def do_revision(request: dict[str, Any], talk: Talk) -> dict[str, Any]:
    """Autogenerate; send the operations out; keep, hold and repair as told; let Alembic render the file.

    The file is written in a copy of the versions folders and comes back as text: the image may be read-only.
    Post-write hooks that fail (a formatter that the image lacks) come back in `hooks`, with the file as it was;
    columns whose server defaults Alembic could not compare in `uncompared`.
    """
    from alembic import command

    config = make_config(request, "revision", "--autogenerate")
    script = script_of(config)
    originals = locations(script)
    failed: list[dict[str, str]] = []
    uncompared: list[dict[str, str]] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as undo:
        undo.enter_context(_forgiving_hooks(failed))
        undo.enter_context(_plain_text())
        undo.enter_context(failing_apart(uncompared))
        copies = _copy_folders(originals, os.path.realpath(folder))
        undo.enter_context(looking_in(script, copies))
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
        # With several databases there is one file for all: whether it is empty shows after the last of them.
        kept = [item for item in scripts if item is not None] if decided.keeps_something else []
        recursive = bool(getattr(script, "recursive_version_locations", False))  # since Alembic 1.10
        files = [_read_script(item, copies, originals, recursive) for item in kept]
    return {
        "files": files,
        "enums": decided.enums,
        "named": decided.named,
        "distinct": decided.distinct,
        "hooks": failed if files else [],
        "uncompared": uncompared,
    }


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


@contextlib.contextmanager
def _plain_text() -> Iterator[None]:
    """Let Alembic write the expressions of the file so that they mean the same when it runs.

    A `%` stands as it is, and a `:word` is escaped, but in an index, whose expressions are no text().
    """
    from alembic.ddl.impl import DefaultImpl

    render = DefaultImpl.render_ddl_sql_expr

    def render_plainly(self: Any, *arguments: Any, **options: Any) -> str:
        with plain_percents(self.dialect):
            written = render(self, *arguments, **options)
        return written if options.get("is_index") else plain(written)

    DefaultImpl.render_ddl_sql_expr = render_plainly  # type: ignore[method-assign]
    try:
        yield
    finally:
        DefaultImpl.render_ddl_sql_expr = render  # type: ignore[method-assign]


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


def _read_script(script: Any, copies: Sequence[str], originals: Sequence[str], recursive: bool) -> dict[str, Any]:
    path = os.path.realpath(script.path)
    index = next(i for i, copy in enumerate(copies) if path.startswith(copy + os.sep))
    name = os.path.relpath(path, copies[index])
    with open(path, encoding="utf-8", newline="") as file:
        text, imported = with_imports(file.read())
    return {
        "imported": imported,
        "revision": script.revision,
        "down": listed(script.down_revision),
        "location": index,
        "name": name,
        "is_found_again": os.sep not in name or recursive,
        "text": text.replace(copies[index], originals[index]),
    }


class Decision:
    """Alembic's hook: sees the tree after the project's own hooks have changed it, and applies the verdict.

    With several databases env.py comes here once for each; what was decided before is not asked again.
    """

    def __init__(self, talk: Talk, undo: contextlib.ExitStack) -> None:
        self.talk = talk
        self.undo = undo
        self.reached = False
        self.keeps_something = False
        self.enums: dict[str, list[str]] = {"created": [], "wanted": [], "reused": []}
        self.distinct: list[str] = []
        self.named: list[str] = []
        self._decided: list[Any] = []
        self._asked = 0
        self._suggested: str | None = None

    def hook(self, context: Any, _revision: Any, _directives: Any) -> None:
        """Alembic calls this one before env.py's own hook, so it puts itself behind that one."""
        own = context.opts.get("process_revision_directives")
        if own == self.last:  # env.py runs the migrations again in the same context, and has been asked already
            return
        self._own = own
        context.opts["process_revision_directives"] = self.last

    def last(self, context: Any, revision: Any, directives: list[Any]) -> None:
        """Let the project's own hook do its work, then decide."""
        scripts = list(directives)
        if self._own:
            self._own(context, revision, directives)
        if not directives and all(up.is_empty() for script in scripts for up in script.upgrade_ops_list):
            # Alembic's recipe throws away what is empty; what autogenerate does not see may fill it still.
            directives[:] = scripts
        self.reached = True
        pairs = [pair for script in directives for pair in pairs_of(script) if not self._knows(pair[0])]
        if pairs:
            self._decide(context, directives, pairs)

    def _knows(self, upgrade: Any) -> bool:
        return any(upgrade is done for done in self._decided)

    def _decide(self, context: Any, directives: list[Any], pairs: list[tuple[Any, Any]]) -> None:
        self._decided += [upgrade for upgrade, _ in pairs]
        without_serials(pairs)
        for pair in pairs:
            put_in_order(*pair)
        tree = Tree(pairs, context, self._asked)
        self._asked += len(tree.described)
        asked = {
            "database": database_of(context),
            "default_schema": default_schema(context),
            "operations": tree.described,
            # Then autocommit_block() fails: env.py's own transaction is not Alembic's to end.
            "outer_transaction": bool(getattr(context, "_in_external_transaction", False)),
            "compares_types": bool(context.opts.get("compare_type", True)),
        }
        verdict = self.talk.ask("operations", asked)
        tree.hold(set(verdict["hold"]))
        ends = apply_edits(tree, context, verdict.get("edits") or [])
        if tree.is_empty():
            return
        self.keeps_something = True
        self._suggest(directives[0], verdict.get("message"))
        for number, (upgrade, downgrade) in enumerate(pairs):
            Enums(context, upgrade, downgrade, self.enums, self.undo, ends if number == 0 else (0, 0)).repair()
            self.distinct += without_nulls_distinct(downgrade)
            self.named += name_constraints(context, upgrade, downgrade)
        finish(pairs)

    def _suggest(self, script: Any, message: str | None) -> None:
        """Give the script a message that its author has not given it; a later database's covers the earlier ones."""
        if message and (not script.message or script.message == self._suggested):
            script.message = self._suggested = message
