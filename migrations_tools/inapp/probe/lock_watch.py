"""What a statement leaves behind in its transaction: locks on relations, and relations that were written anew.

PostgreSQL manual, chapters "Explicit Locking" and "System Views" (`pg_locks`), and "System Administration Functions"
(`pg_relation_filenode`).
"""

from __future__ import annotations

import time
from typing import Any

# What a server makes for itself has a smaller oid (PostgreSQL's transam.h, FirstNormalObjectId).
_RELATIONS_SQL = (
    "SELECT CAST(c.oid AS bigint), CAST(n.nspname AS text), CAST(c.relname AS text), CAST(c.relkind AS text),"
    " CAST(pg_catalog.pg_relation_filenode(c.oid) AS bigint) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'i', 'I', 'S', 'v', 'm', 'f')"
    " AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')"
)
# A backend holds a lock on its own virtual transaction, so that there is always a row. The predicate locks of a
# serializable transaction (SIReadLock) make nobody wait.
_HELD_SQL = (
    "SELECT CAST(l.virtualtransaction AS text), CAST(l.relation AS bigint), CAST(l.mode AS text),"
    " CAST(pg_catalog.pg_relation_filenode(l.relation) AS bigint)"
    " FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted"
    " AND (l.locktype = 'virtualxid' OR l.locktype = 'relation' AND l.mode <> 'SIReadLock' AND l.relation >= 16384"
    " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))"
)
_KINDS = {
    "r": "table",
    "p": "table",
    "i": "index",
    "I": "index",
    "S": "sequence",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}


class LockWatch:
    """Watches one connection during one revision. What the revision itself makes is no relation of interest.

    Relations are told by oid and named as they were called before the revision. `spent` is how long the asking took.
    """

    def __init__(self, owner: object, connection: Any) -> None:
        self.owner = owner
        self.spent = 0.0
        self._connection = connection
        self._transaction = ""
        self._known: dict[int, dict[str, str]] = {}
        self._files: dict[int, set[Any]] = {}
        self._held: set[tuple[int, str]] = set()
        for oid, schema, name, kind, file in self._ask(_RELATIONS_SQL):
            self._known[oid] = {"schema": schema, "name": name, "kind": _KINDS[kind]}
            self._files[oid] = {file}
        self.look()  # what Alembic and earlier revisions of the same transaction hold is not this one's

    def look(self) -> dict[str, Any]:
        """Return what the statement before has taken and rewritten; nothing of it is known when it ran in autocommit.

        There, each question is a transaction of its own.
        """
        before, rows = self._transaction, self._ask(_HELD_SQL)
        self._transaction = rows[0][0]
        if self._transaction != before:
            rows = self._ask(_HELD_SQL)
            self._held = set()
            if self._transaction != rows[0][0]:
                return {"autocommit": True, "locks": [], "rewritten": []}
        found = [(oid, mode, file) for _, oid, mode, file in rows if oid in self._known]
        return {"autocommit": False, "locks": self._taken(found), "rewritten": self._rewritten(found)}

    def _taken(self, found: list[tuple[int, str, Any]]) -> list[dict[str, str]]:
        now = {(oid, mode) for oid, mode, _ in found}
        new, self._held = now - self._held, now
        return [{**self._known[oid], "mode": mode} for oid, mode in sorted(new)]

    def _rewritten(self, found: list[tuple[int, str, Any]]) -> list[dict[str, str]]:
        """Return what has a file that it never had; whatever gets one is locked, and one that was dropped has none."""
        new = {oid: file for oid, _, file in found if file and file not in self._files[oid]}
        for oid, file in new.items():
            self._files[oid].add(file)
        return [self._known[oid] for oid in sorted(new)]

    def _ask(self, question: str) -> list[Any]:
        """Ask on the same connection as the migration, past SQLAlchemy, whose events this is called from."""
        begun = time.perf_counter()
        cursor = self._connection.cursor()
        try:
            cursor.execute(question)
            return list(cursor.fetchall())
        finally:
            cursor.close()
            self.spent += time.perf_counter() - begun
