"""The history: what it ends in, what it descends from, and whether what was released is still as it was."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrations_tools.provenance import Revision
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding
from migrations_tools.review.lineage import BaseHistory, Lineage, heads_of, same_program
from migrations_tools.review.registry import RuleSet

FAMILY = RuleSet("executed")
CREATES_ALL = "HX06"
ENV = "env.py"
_NOT_THE_APPLICATION = ("test", "conftest", "migrations/", "versions/", "alembic/", "scripts/", "docs/", "example")


def _descends(lineage: Lineage) -> list[tuple[Revision, list[str]]]:
    """Return the reviewed revisions that stand on something that is no head of the base branch any more."""
    base = lineage.base
    if base is None or not base.tip:
        return []
    heads, known = set(heads_of(base.tip)), {each.revision for each in base.tip}
    roots = [each for each in lineage.now if each.revision in lineage.reviewed and each.revision not in known]
    stale = ((each, [down for down in each.down if down in known - heads]) for each in roots)
    return [(each, downs) for each, downs in stale if downs and not heads & set(each.down)]


@FAMILY.rule(
    "HX01 several-heads",
    "error",
    why="`alembic upgrade head` refuses to choose between them, so that no deploy migrates.",
    way_out="`alembic merge heads`, or let the newer revision descend from the other one.",
)
def several_heads(facts: ReviewContext) -> Iterator[Finding]:
    """Find a history that ends in several heads, other than branches with labels of their own."""
    lineage = facts.lineage
    if lineage is None or _descends(lineage):
        return
    # Two files of one id are one head to Alembic, and a matter of their own (HX05).
    heads = list(dict.fromkeys(lineage.heads))
    bare = [head for head in heads if not lineage.labels.get(head)]
    made = lineage.base is None or not lineage.base.tip or len(heads_of(lineage.base.tip)) < len(heads)
    if len(bare) > 1:
        where = {each.revision: each.file for each in lineage.now}
        yield Finding(
            object=", ".join(heads),
            severity="" if made else "warn",
            file=where.get(bare[-1], ""),
            line=1,
            sentence=f"The history has {len(heads)} heads: {', '.join(heads)}.",
            ways_out=(
                f"Merge them: alembic merge -m 'merge heads' {' '.join(heads)}",
                "Or let the newer one descend from the other: its down_revision.",
            ),
        )


@FAMILY.rule(
    "HX02 not-on-the-base-branch",
    "error",
    why="After the merge the history has two heads, and `alembic upgrade head` refuses.",
    way_out="Write the base branch's head into `down_revision`.",
)
def not_on_the_base_branch(facts: ReviewContext) -> Iterator[Finding]:
    """Find a new revision that does not descend from the base branch's head."""
    lineage = facts.lineage
    base = lineage.base if lineage else None
    for each, downs in _descends(lineage) if lineage and base else []:
        heads = ", ".join(heads_of(base.tip)) if base else ""
        yield Finding(
            object=each.revision,
            file=each.file,
            line=_line(each.source, "down_revision"),
            sentence=f"{each.revision} descends from {', '.join(downs)}, and {base.name if base else ''} goes on to"
            f" {heads} from there.",
            ways_out=(f"Take in the base branch and write down_revision = {heads!r}.",),
        )


@FAMILY.rule(
    "HX03 released-revision-edited",
    "error",
    why="Databases that have run it never run it again: they differ from new ones from then on.",
    way_out="Put the file back, and write what is to change as a new revision.",
)
def released_revision_edited(facts: ReviewContext) -> Iterator[Finding]:
    """Find a revision file of the base branch that does something else now; comments and docstrings do not count."""
    lineage = facts.lineage
    before = {each.file: each for each in lineage.base.before} if lineage and lineage.base else {}
    for each in lineage.now if lineage else ():
        was = before.get(each.file)
        if was and not same_program(was.source, each.source):
            yield Finding(
                object=each.file,
                file=each.file,
                line=_first_difference(was.source, each.source),
                sentence=f"{each.file} is a revision of the base branch, and it does something else here.",
            )


def _first_difference(was: str, now: str) -> int:
    old, new = was.splitlines(), now.splitlines()
    pairs = zip(old, new, strict=False)
    return next((number for number, (one, other) in enumerate(pairs, 1) if one != other), min(len(old), len(new)) or 1)


@FAMILY.rule(
    "HX04 history-not-replayable",
    "error",
    why="A fresh install fails, and nothing that comes later can be tried.",
    way_out="Add what is missing to the history, or set `install_command` where a fresh database is made otherwise.",
)
def history_not_replayable(facts: ReviewContext) -> Iterator[Finding]:
    """Find a revision whose beginning cannot be reached from an empty database."""
    trip = facts.executed
    if trip and trip.before is None and trip.stopped:
        yield Finding(
            object=trip.revision,
            file=trip.file,
            line=1,
            sentence=f"The history up to {trip.revision} cannot be replayed on an empty database; it was not executed.",
            evidence=(trip.stopped,),
        )


@FAMILY.rule(
    "HX05 revision-collides",
    "error",
    why="Alembic knows one of them, and never runs the other.",
    way_out="Give the newer one an id and a file name of its own: `alembic revision` makes them.",
)
def revision_collides(facts: ReviewContext) -> Iterator[Finding]:
    """Find two revision files of one id, or whose names are the same where case does not count."""
    lineage = facts.lineage
    if lineage is None:
        return
    files = {each.file: each for each in (*(lineage.base.tip if lineage.base else ()), *lineage.now)}
    yield from _collisions(lineage, _grouped((each.revision, name) for name, each in files.items()), "the id")
    yield from _collisions(lineage, _grouped((name.lower(), name) for name in files), "the file name")


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, name in pairs:
        found[key].append(name)
    return found


def _collisions(lineage: Lineage, groups: Mapping[str, Sequence[str]], what: str) -> Iterator[Finding]:
    new = {each.file for each in lineage.now if each.revision in lineage.reviewed}
    for key, files in groups.items():
        ours = sorted(new & set(files))
        if len(files) > 1 and ours:
            yield Finding(
                object=key, file=ours[-1], line=1, sentence=f"{' and '.join(sorted(files))} have {what} {key}."
            )


@FAMILY.rule(
    f"{CREATES_ALL} create-all-in-the-application",
    "info",
    why="A migration that is missing shows nowhere until somebody installs by migrations.",
    way_out="Let the migrations alone make the schema.",
    phase="decided",
)
def create_all_beside_a_history(facts: ReviewContext) -> Iterator[Finding]:
    """Find `create_all()` in env.py, or in the application's sources; graver where `stamp` stands with it."""
    if facts.own_tables:
        yield Finding(
            object=ENV,
            severity="hold",
            sentence=env_creates(facts.own_tables),
            ways_out=(
                "Have env.py run the revisions and nothing else; what no revision makes yet is then generated.",
                f"Or, where it is meant, allow it by name: invoke generate --allow {CREATES_ALL}:{ENV}",
            ),
        )


def env_creates(tables: Sequence[str]) -> str:
    """Write that env.py makes tables from the models."""
    return (
        f"env.py, or what it imports, makes tables from the models beside the revisions ({', '.join(tables)}): in a"
        " database that is made that way no migration can be missing, and what the revisions make was not seen."
    )


@FAMILY.of_executed
def create_all_in_the_application(facts: ReviewContext) -> Iterator[Finding]:
    """Find `create_all()` in the application's sources, beside a history; graver where `stamp` stands with it."""
    lineage = facts.lineage
    for path, source in sorted(lineage.starts.items()) if lineage and lineage.now else ():
        calls = _calls(source) if not any(mark in path for mark in _NOT_THE_APPLICATION) else {}
        if "create_all" in calls:
            stamps = "stamp" in calls
            yield Finding(
                code=CREATES_ALL,
                object=path,
                file=path,
                line=calls["create_all"],
                severity="warn" if stamps else "",
                sentence=f"{path} makes the tables with create_all()"
                f"{' and marks them with stamp' if stamps else ''}, past the migrations.",
            )


def _calls(source: str) -> dict[str, int]:
    """Return the methods that a source calls or names, with the first line of each."""
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    except (SyntaxError, ValueError):
        return {}
    return {node.attr: node.lineno for node in sorted(nodes, key=lambda node: -node.lineno)}


@FAMILY.rule(
    "HX07 more-than-new-revisions",
    "info",
    why="Every revision, old ones too, runs in another environment.",
    way_out="Look whether old revisions still run; `invoke validate` replays them all.",
)
def more_than_new_revisions(facts: ReviewContext) -> Iterator[Finding]:
    """Find a change in the migrations' folder that is no new revision file: env.py edited, a revision deleted."""
    lineage = facts.lineage
    base = lineage.base if lineage else None
    for path, done in sorted(base.changed.items()) if base else ():
        released = base is not None and any(path.endswith(each.file) for each in base.before)
        if done == "deleted" and released:
            yield _gone(path, base)
        elif not released:
            yield Finding(object=path, file=path, line=1, sentence=f"{path} was {done}, besides the new revision.")


def _gone(path: str, base: BaseHistory | None) -> Finding:
    return Finding(
        object=path,
        file=path,
        line=1,
        severity="error",
        sentence=f"{path} is a revision of {base.name if base else 'the base branch'} and was deleted or renamed.",
        effect="Alembic can no longer upgrade databases that stand at it.",
        ways_out=("Put the file back.",),
    )


def _line(source: str, name: str) -> int:
    lines = source.splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(name)), 1)
