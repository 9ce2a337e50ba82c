"""The run's record: one JSON document of what a run did, found and proved; `run-record.schema.json` publishes its form.

It is the one thing in the tool's folder that outlives `cleanup`. Each task adds its part; the renderings beside this
module read nothing but the record.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from migrations_tools import __version__
from migrations_tools.catalog import Catalog, Table
from migrations_tools.errors import CannotProceed
from migrations_tools.files import shown_path, write_whole
from migrations_tools.journal import Journal
from migrations_tools.operations import Operation
from migrations_tools.proofs.proof import FAILED, NOT_CHECKED, Proof
from migrations_tools.provenance import Revision
from migrations_tools.report.generate_result import Generated
from migrations_tools.review.findings import Finding

FORM: Final = 1
PASSED, INCOMPLETE, BROKEN = "passed", "incomplete", "failed"
_AROUND = 4  # lines of code above and below a finding's
_EMPTY: Final[Mapping[str, Any]] = {
    "versions": {},
    "made": [],
    "removed": [],
    "revisions": [],
    "operations": [],
    "findings": [],
    "allowances": [],
    "proofs": [],
    "schema": {},
    "history": [],
}


def note(journal: Journal, steps: Sequence[Mapping[str, Any]], **parts: Any) -> dict[str, Any]:
    """Add a task's steps and parts to the run's record, or begin it; return the record as it is on disk now.

    `versions` are added to, `proofs`, `schema`, `history`, `removed` replaced, and all other parts appended.
    """
    record, run = _standing(journal), journal.run
    record["steps"] += [step for step in (*run.steps, *steps) if step not in record["steps"]]
    record["made"] = [{"kind": kind, "name": name} for kind, name in run.made]
    for key, value in parts.items():
        if key == "versions":
            record[key] |= value
        elif key in ("proofs", "schema", "history", "removed"):
            record[key] = value
        else:
            record[key] += [item for item in value if item not in record[key]]
    _mark_new(record)
    record["ended"] = time.time()
    record["verdict"] = _verdict(record)
    write_whole(journal.report_path, json.dumps(record, indent=1, sort_keys=True) + "\n", mode=0o600)
    return record


def exists(journal: Journal) -> bool:
    """Return whether the run that stands has a record."""
    found = _read(journal)
    return found is not None and found.get("id") == journal.run.id


def load(path: Path) -> dict[str, Any]:
    """Read a record. Raises CannotProceed when there is none, or it is not one of this form."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotProceed(
            f"There is no run's record at {path}.", tip="`invoke isolate generate validate` writes one."
        ) from None
    except (OSError, ValueError) as error:
        raise CannotProceed(f"The run's record {path} cannot be read: {error}.") from error
    if not isinstance(record, dict) or record.get("form") != FORM:
        raise CannotProceed(f"{path} is no record of this version of the tool.", tip="Run `invoke validate` again.")
    return record


def _read(journal: Journal) -> dict[str, Any] | None:
    try:
        found = json.loads(journal.report_path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # one that was cut off is begun again
        return None
    return found if isinstance(found, dict) and found.get("form") == FORM else None


def _standing(journal: Journal) -> dict[str, Any]:
    found, run = _read(journal), journal.run
    if found is not None and found["id"] == run.id:
        return found
    return {
        "form": FORM,
        "tool": __version__,
        "id": run.id,
        "project": run.project,
        "temp_project": run.temp_project,
        "engine": run.engine,
        "began": run.started,
        "steps": [],
        **json.loads(json.dumps(_EMPTY)),
    }


def _verdict(record: Mapping[str, Any]) -> str:
    outcomes = [proof["outcome"] for proof in record["proofs"]]
    if FAILED in outcomes or any(step["outcome"] == "failed" for step in record["steps"]):
        return BROKEN
    return INCOMPLETE if not outcomes or NOT_CHECKED in outcomes else PASSED


# --- the parts ---------------------------------------------------------------------------------------------------


def generated_parts(outcomes: Iterable[Generated], root: Path) -> dict[str, Any]:
    """Return what `generate` came to: files, operations with what became of each, findings, allowances."""
    outcomes = tuple(outcomes)
    revisions, operations, findings, allowances = [], [], [], []
    for outcome in outcomes:
        texts = {item.file: item.source for item in outcome.history}
        texts |= {shown_path(file["path"], root): file["text"] for file in outcome.files}
        revisions += [_revision(file, outcome, root) for file in outcome.files]
        for each in outcome.reviewed:
            place = {"section": outcome.section, "database": each.database}
            operations += [
                operation_json(item, each.review.hold, each.review.findings) | place
                for item in (*each.operations, *each.review.added)
            ]
            findings += [finding_json(item, texts) | place for item in each.review.findings]
            allowances += [
                {"code": item.code, "object": item.object, "reason": item.reason, "used": True}
                for item in each.review.allowed
            ]
        place = {"section": outcome.section, "database": ""}
        findings += [finding_json(item, texts) | place for item in outcome.mended]
    return {
        "revisions": revisions,
        "operations": operations,
        "findings": findings,
        "allowances": allowances,
        "versions": {key: value for outcome in outcomes for key, value in outcome.versions.items()},
    }


def _revision(file: Mapping[str, Any], outcome: Generated, root: Path) -> dict[str, Any]:
    return {
        "section": outcome.section,
        "revision": file["revision"],
        "down": list(file["down"]),
        "path": shown_path(file["path"], root),
        "text": file["text"],
        "written": outcome.written,
    }


def operation_json(operation: Operation, hold: Iterable[int], findings: Iterable[Finding]) -> dict[str, Any]:
    """Return an operation as plain values, with what became of it: written, repaired or held."""
    repaired = {number for finding in findings for edit in finding.edits for number in edit.replaces}
    added = any(operation in finding.adds for finding in findings)
    outcome = "held" if operation.id in hold else "repaired" if added or operation.id in repaired else "written"
    return {
        "id": operation.id,
        "kind": operation.kind,
        "object": operation.object,
        "noun": operation.noun,
        "summary": operation.summary(),
        "code": operation.code,
        "outcome": outcome,
    }


def finding_json(finding: Finding, sources: Mapping[str, str]) -> dict[str, Any]:
    """Return a finding as plain values, with the code around it where a source is known by its file name."""
    file, line = finding.file, finding.line
    return {
        "code": finding.code,
        "severity": finding.severity or "info",
        "outcome": finding.outcome,
        "object": finding.object,
        "sentence": finding.sentence,
        "effect": finding.effect,
        "provenance": finding.provenance,
        "evidence": list(finding.evidence),
        "ways_out": list(finding.ways_out),
        "operations": list(finding.operations),
        "file": file,
        "line": line,
        "excerpt": excerpt(sources.get(file, ""), line),
    }


def excerpt(source: str, line: int) -> list[dict[str, Any]]:
    """Return the lines around one, numbered; none without a source or a line."""
    lines = source.splitlines()
    if not 0 < line <= len(lines):
        return []
    numbers = range(max(1, line - _AROUND), min(len(lines), line + _AROUND) + 1)
    return [{"line": number, "text": lines[number - 1], "here": number == line} for number in numbers]


def history_json(history: Iterable[Revision], new: Iterable[str]) -> list[dict[str, Any]]:
    """Return the revision graph, newest first; `new` are the ids of this run's own."""
    ours = set(new)
    return [
        {
            "revision": item.revision,
            "down": list(item.down),
            "doc": item.doc,
            "file": item.file,
            "new": item.revision in ours,
        }
        for item in history
    ]


def schema_json(catalog: Catalog) -> list[dict[str, Any]]:
    """Return tables with columns and keys for a diagram; what the run's own revisions made is marked later."""
    return [_table_json(table) for table in catalog.tables]


def _table_json(table: Table) -> dict[str, Any]:
    primary = {name for key in table.constraints if key.type == "primary key" for name in key.columns}
    unique = {key.columns[0] for key in table.constraints if key.type == "unique" and len(key.columns) == 1}
    return {
        "name": table.qualified_name,
        "new": False,
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "nullable": column.nullable,
                "primary": column.name in primary,
                "unique": column.name in unique,
                "new": False,
            }
            for column in table.columns
        ],
        "foreign_keys": [
            {"name": key.name, "columns": list(key.columns), "table": key.referenced_table}
            for key in table.constraints
            if key.type == "foreign key"
        ],
    }


def _mark_new(record: Mapping[str, Any]) -> None:
    """Mark the tables and columns that the run's own revisions made."""
    made = [item for item in record["operations"] if item["outcome"] != "held"]
    new = {(item["database"], item["object"]) for item in made if item["kind"] in ("create_table", "add_column")}
    for database, tables in record["schema"].items():
        for table in tables:
            table["new"] = (database, table["name"]) in new
            for column in table["columns"]:
                column["new"] = not table["new"] and (database, f"{table['name']}.{column['name']}") in new


def proofs_json(proofs: Iterable[Proof]) -> list[dict[str, Any]]:
    """Return the proofs as plain values."""
    return [proof.as_json() for proof in proofs]
