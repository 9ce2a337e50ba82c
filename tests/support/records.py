"""A run's record with something of everything in it, and names that try to be markup."""

from __future__ import annotations

from typing import Any

NASTY = '<script>document.title="owned"</script> & "quoted" | `code` [x](y) \x1b[31m'


def record(**parts: Any) -> dict[str, Any]:
    """Return a record; parts replace its own."""
    return {**_whole(), **parts}


def _whole() -> dict[str, Any]:
    return {
        "form": 1,
        "tool": "0.1.0",
        "id": "r1",
        "project": f"shop {NASTY}",
        "temp_project": "shop_temp",
        "engine": "embedded",
        "began": 1764060000.0,
        "ended": 1764060009.0,
        "verdict": "failed",
        "versions": {"python": "3.12.1", "postgresql": "17.2", "alembic": "1.20.1"},
        "steps": [
            _step("isolate", "Making the temp database", 0.7),
            _step("generate", "Comparing the models", 1.5),
            _step("validate", f"Checking {NASTY}", 0.4, "failed"),
        ],
        "made": [{"kind": "cluster", "name": "mt-1"}, {"kind": "file", "name": "versions/a.py"}],
        "removed": [{"kind": "cluster", "name": "mt-1"}],
        "revisions": [
            {
                "section": "",
                "revision": "b2",
                "down": ["a1"],
                "path": "versions/b2_add.py",
                "written": True,
                "text": "def upgrade():\n    op.create_table('notes')\n    # ```\n",
            }
        ],
        "operations": [
            _operation(0, "create_table", "notes", "written"),
            _operation(1, "add_column", "users.locale", "repaired"),
            _operation(2, "drop_constraint", "users.uq_users_email", "held"),
        ],
        "findings": [
            _finding("FD01", "hold", "held", "users.uq_users_email", "`uq_users_email` was made on purpose."),
            _finding("DT01", "error", "repaired", "users.locale", "The column gets a value for existing rows."),
            {
                **_finding("LK01", "error", "kept", "users.ix_a", f"It locks {NASTY}."),
                "file": "versions/b2 add.py",
                "line": 2,
                "excerpt": [
                    {"line": 1, "text": "def upgrade():", "here": False},
                    {"line": 2, "text": f"    # {NASTY}", "here": True},
                ],
            },
            _finding("AG10", "info", "kept", "users.name", "A domain is compared with text."),
        ],
        "allowances": [{"code": "BC01", "object": "users.age", "reason": "nobody reads it", "used": True}],
        "proofs": [
            {
                "claim": "The database is at head",
                "outcome": "passed",
                "evidence": "b2",
                "details": [],
                "warnings": [f"api: {NASTY} (3 times)"],
                "groups": [],
            },
            {
                "claim": "Every route answers",
                "outcome": "failed",
                "evidence": "2 problems",
                "details": ["GET /a: 500\n  ValueError: no", f"GET /b: {NASTY}"],
                "warnings": [],
                "groups": [],
            },
            {
                "claim": "Every table of the models is there",
                "outcome": "failed",
                "evidence": "2 problems",
                "details": ["column users.name is different", f"table {NASTY} is missing"],
                "warnings": [],
                "groups": [
                    {"table": "users", "differences": [_difference("column users.name", "text", "integer")]},
                    {"table": NASTY, "differences": [_difference(f"table {NASTY}", "", f"table {NASTY}")]},
                ],
            },
            {
                "claim": "The machine is as it was",
                "outcome": "not checked",
                "evidence": "no engine",
                "details": [],
                "warnings": [],
                "groups": [],
            },
        ],
        "schema": {
            "shop": [
                _table("users", new=False),
                _table("teams", "users", new=False),
                _table("notes", "users", "notes", new=True),
                _table(NASTY, "gone", new=False),
            ]
        },
        "history": [_node("d4", "b2", "c3"), _node("b2", "a1", new=True), _node("c3", "a1"), _node("a1")],
    }


def _difference(what: str, migrations: str, models: str) -> dict[str, Any]:
    return {
        "heading": f"{what} differs",
        "object": what,
        "sort": "different" if migrations else "missing",
        "aspect": "",
        "migrations": migrations,
        "models": models,
        "revision": "a1" if migrations else "",
        "file": "a1.py" if migrations else "",
        "line": 7 if migrations else 0,
        "origin": "created by revision a1 (a1.py:7)" if migrations else "no revision makes it: run `invoke generate`",
    }


def _step(task: str, title: str, seconds: float, outcome: str = "done") -> dict[str, Any]:
    return {"task": task, "step": title, "began": 1764060000.0, "seconds": seconds, "outcome": outcome}


def _operation(number: int, kind: str, name: str, outcome: str) -> dict[str, Any]:
    return {
        "section": "",
        "database": "shop",
        "id": number,
        "kind": kind,
        "object": name,
        "noun": "thing",
        "summary": f"{kind} {name}",
        "code": f"op.{kind}('{name}')",
        "outcome": outcome,
    }


def _finding(code: str, severity: str, outcome: str, name: str, sentence: str) -> dict[str, Any]:
    return {
        "section": "",
        "database": "shop",
        "code": code,
        "severity": severity,
        "outcome": outcome,
        "object": name,
        "sentence": sentence,
        "effect": "It matters.",
        "provenance": "Made by a1.",
        "evidence": ["seen"],
        "ways_out": ["Mend the model: write `unique=True`."],
        "operations": [0],
        "file": "",
        "line": 0,
        "excerpt": [],
    }


def _table(name: str, *refers: str, new: bool) -> dict[str, Any]:
    columns = [{"name": "id", "type": "integer", "nullable": False, "primary": True, "unique": False, "new": False}]
    columns += [
        {"name": f"{other}_id", "type": "integer", "nullable": True, "primary": False, "unique": False, "new": False}
        for other in refers
    ]
    keys = [{"name": f"fk_{other}", "columns": [f"{other}_id"], "table": other} for other in refers]
    return {"name": name, "new": new, "columns": columns, "foreign_keys": keys}


def _node(name: str, *down: str, new: bool = False) -> dict[str, Any]:
    return {"revision": name, "down": list(down), "doc": f"make {name}", "file": f"{name}.py", "new": new}
