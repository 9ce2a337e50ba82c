"""The record as SARIF 2.1.0: findings on the migration's line, as code scanning shows them.

Source: Static Analysis Results Interchange Format 2.1.0, OASIS standard.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from migrations_tools.review.registry import Rule
from migrations_tools.review.ruleset import RULES

Record: TypeAlias = Mapping[str, Any]

_LEVELS: Final = {"hold": "error", "error": "error", "warn": "warning", "info": "note"}
_PROOFS: Final = {"failed": "error", "not checked": "warning"}
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(record: Record) -> str:
    """Return the record's findings as one SARIF run."""
    rules = {rule.code: rule for rule in RULES}
    order = {code: index for index, code in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "migrations_tools",
                "version": record["tool"],
                "semanticVersion": record["tool"],
                "rules": [_rule(rule) for rule in rules.values()],
            }
        },
        "automationDetails": {"id": f"migrations_tools/{record['project']}"},
        "invocations": [_invocation(record)],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"PROJECT": {"description": {"text": "The project's root folder."}}},
        "results": [_result(item, order, _file_of(item, record["revisions"])) for item in record["findings"]],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _invocation(record: Record) -> dict[str, Any]:
    """Return what no line of a file stands for: the proofs that failed or were not made, and their warnings."""
    told = [
        (_PROOFS[item["outcome"]], f"{item['claim']}: {item['outcome']}, {item['evidence']}")
        for item in record["proofs"]
        if item["outcome"] in _PROOFS
    ]
    told += [("warning", f"{item['claim']}: {text}") for item in record["proofs"] for text in item["warnings"]]
    return {
        "executionSuccessful": all(step["outcome"] == "done" for step in record["steps"]),
        "toolExecutionNotifications": [{"level": level, "message": {"text": text}} for level, text in told],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": f"Finds {rule.trigger}"},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.way_out},
        "defaultConfiguration": {"level": _LEVELS[rule.severity or "info"]},
    }


def _file_of(item: Record, revisions: Iterable[Record]) -> tuple[str, int]:
    """Return the finding's place; what has none of its own is put to the new revision of its section."""
    if item["file"]:
        return item["file"], max(1, item["line"])
    path = next((each["path"] for each in revisions if each["section"] == item["section"]), "")
    return path, 1


def _result(item: Record, order: Mapping[str, int], place: tuple[str, int]) -> dict[str, Any]:
    text = " ".join(line for line in (item["sentence"], item["provenance"], item["effect"], *item["ways_out"]) if line)
    result: dict[str, Any] = {
        "ruleId": item["code"],
        "message": {"text": text},
        "level": "note" if item["outcome"] == "repaired" else _LEVELS[item["severity"]],
        "kind": "informational" if item["outcome"] == "repaired" else "fail",
        "partialFingerprints": {"objectAndRule/v1": _fingerprint(item)},
        "properties": {"outcome": item["outcome"], "object": item["object"], "database": item["database"]},
    }
    if result["kind"] != "fail":
        result["level"] = "none"  # as the standard has it for any other kind
    if item["code"] in order:
        result["ruleIndex"] = order[item["code"]]
    path, line = place
    if path:
        where = {"artifactLocation": {"uri": quote(path), "uriBaseId": "PROJECT"}, "region": {"startLine": line}}
        result["locations"] = [{"physicalLocation": where}]
    return result


def _fingerprint(item: Record) -> str:
    return hashlib.sha256(f"{item['code']} {item['database']} {item['object']}".encode()).hexdigest()
