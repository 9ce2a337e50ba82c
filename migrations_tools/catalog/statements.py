"""The questions that the reader asks ``pg_catalog``: one set-based statement a kind of object.

No statement holds a ``%`` but the placeholder, so that any DB-API driver runs them with or without
parameters. Names are cast to text, since drivers differ in what they make of ``name`` and ``"char"``.
``name`` columns sort by code point (collation "C" since PostgreSQL 12), so that the order does not depend on
the database's locale.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# What the deparsing functions print depends on these; the values are those of pg_dump (setup_connection in
# pg_dump.c) but for the search_path, which keeps names in public unqualified and lets no temporary table hide
# one of them.
PRINTING: Final = {
    "search_path": "public, pg_temp",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
}
GET_SETTINGS = "SELECT key, current_setting(key) FROM jsonb_object_keys(%s::jsonb) AS key"
SET_SETTINGS = "SELECT set_config(key, value, false) FROM jsonb_each_text(%s::jsonb)"

EXTENSION_MEMBERS = """
SELECT classid::regclass::text, objid
FROM pg_catalog.pg_depend
WHERE deptype = 'e' AND classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_namespace'::regclass)
"""

EXTENSION_TABLES = """
SELECT n.nspname::text, c.relname::text, e.extname::text
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
JOIN pg_catalog.pg_class c ON c.oid = d.objid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_extension'::regclass
  AND c.relkind IN ('r', 'p', 'f')
ORDER BY 1, 2
"""

SCHEMAS = """
SELECT oid, nspname::text
FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
ORDER BY nspname
"""

EXTENSIONS = "SELECT extname::text FROM pg_catalog.pg_extension ORDER BY extname"

TABLES = """
SELECT c.oid, n.nspname::text, c.relname::text,
       CASE WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'p' THEN 'partitioned'
            WHEN c.relkind = 'f' THEN 'foreign' ELSE 'ordinary' END,
       obj_description(c.oid, 'pg_class'),
       c.relpersistence = 'u',
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
       pg_get_expr(c.relpartbound, c.oid),
       ARRAY(SELECT i.inhparent::text FROM pg_catalog.pg_inherits i
             WHERE i.inhrelid = c.oid ORDER BY i.inhseqno)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
"""

COLUMNS = """
SELECT a.attrelid, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text,
       CASE WHEN a.attcollation <> t.typcollation THEN
            CASE WHEN m.nspname = 'pg_catalog' THEN '' ELSE quote_ident(m.nspname) || '.' END
            || quote_ident(l.collname)
       END,
       col_description(a.attrelid, a.attnum),
       NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n'
                   AND k.conkey[1] = a.attnum AND NOT k.convalidated)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace m ON m.oid = l.collnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY a.attrelid, a.attnum
"""

# Constraints that a partition or child has from its parent are left to the parent (conparentid, coninhcount),
# and so are those which PostgreSQL adds for each partition that a foreign key refers to.
CONSTRAINTS = """
SELECT k.conrelid, k.conname::text, k.contype::text, pg_get_constraintdef(k.oid),
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS key (attnum, position)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.attnum
             ORDER BY key.position),
       m.nspname::text, f.relname::text, k.condeferrable, k.condeferred, k.convalidated
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace m ON m.oid = f.relnamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conrelid <> 0 AND k.conparentid = 0 AND k.coninhcount = 0
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY k.conrelid, k.conname
"""

INDEXES = """
SELECT i.indrelid, x.relname::text, pg_get_indexdef(i.indexrelid), m.amname::text, i.indisunique,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
             FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k),
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
             FROM generate_series(i.indnkeyatts + 1, i.indnatts) AS k ORDER BY k),
       pg_get_expr(i.indpred, i.indrelid), pg_get_expr(i.indexprs, i.indrelid), i.indisvalid
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
JOIN pg_catalog.pg_am m ON m.oid = x.relam
WHERE NOT x.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                  WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, x.relname
"""

ENUMS = """
SELECT t.oid, n.nspname::text, t.typname::text,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
             WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, t.typname
"""

DOMAINS = """
SELECT t.oid, n.nspname::text, t.typname::text, format_type(t.typbasetype, t.typtypmod), NOT t.typnotnull,
       pg_get_expr(t.typdefaultbin, 'pg_type'::regclass),
       CASE WHEN t.typcollation <> b.typcollation THEN
            CASE WHEN m.nspname = 'pg_catalog' THEN '' ELSE quote_ident(m.nspname) || '.' END
            || quote_ident(l.collname)
       END,
       ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k
             WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY pg_get_constraintdef(k.oid) COLLATE "C")
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_collation l ON l.oid = t.typcollation
LEFT JOIN pg_catalog.pg_namespace m ON m.oid = l.collnamespace
WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, t.typname
"""

# A sequence depends on its owning column with deptype 'a' (serial, OWNED BY) or 'i' (identity): pg_depend.
SEQUENCES = """
SELECT s.seqrelid, n.nspname::text, c.relname::text, format_type(s.seqtypid, NULL), s.seqstart,
       s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, a.attrelid, a.attname::text, o.deptype = 'i',
       'nextval(' || quote_literal(s.seqrelid::regclass::text) || '::regclass)'
FROM pg_catalog.pg_sequence s
JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend o
     ON o.classid = 'pg_class'::regclass AND o.objid = s.seqrelid AND o.objsubid = 0
     AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
"""

VIEWS = """
SELECT c.oid, n.nspname::text, c.relname::text, pg_get_viewdef(c.oid), c.relkind = 'm',
       ARRAY(SELECT option FROM unnest(c.reloptions) AS option ORDER BY option COLLATE "C"),
       obj_description(c.oid, 'pg_class'),
       ARRAY(SELECT DISTINCT concat(nullif(o.nspname, 'public') || '.', t.relname, '.', a.attname)
             FROM pg_catalog.pg_rewrite r
             JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                  AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0
             JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
             JOIN pg_catalog.pg_namespace o ON o.oid = t.relnamespace
             WHERE r.ev_class = c.oid ORDER BY 1)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
"""

# In the order of `read.Rows`; the last six give the oid of their relation first.
ALL: Final = (
    EXTENSION_MEMBERS, SCHEMAS, EXTENSIONS, ENUMS, DOMAINS, TABLES, VIEWS, SEQUENCES, COLUMNS, CONSTRAINTS, INDEXES,
)  # fmt: skip
OF_RELATIONS: Final = ALL[5:]

PIN = """
SELECT key, current_setting(key), set_config(key, value, false)
FROM jsonb_each_text({settings}::jsonb) AS each (key, value)
"""


def of_relations(statement: str, given: str) -> str:
    """Give a statement of `OF_RELATIONS` for some relations only; `given` says which, as an array of oids."""
    return f"SELECT q.* FROM ({statement}) AS q (relation) WHERE q.relation = ANY ({given}::oid[])"


# Everything of a database's own that a schema is made of: its id, the relation that it belongs to (0 for none), its
# xmin, and where it stands. System objects have smaller oids (FirstNormalObjectId). A view's id begins with v, a
# sequence's with s.
_OBJECTS: Final = (
    ("CASE WHEN c.relkind IN ('v', 'm') THEN 'v' WHEN c.relkind = 'S' THEN 's' ELSE 'r' END || c.oid",
     "coalesce(i.indrelid, c.oid)", "c.xmin",
     """pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
     WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I')"""),
    ("'k' || oid", "conrelid", "xmin", "pg_catalog.pg_constraint WHERE oid >= 16384"),
    ("'d' || oid", "adrelid", "xmin", "pg_catalog.pg_attrdef WHERE oid >= 16384"),
    ("'c' || objoid || '.' || objsubid", "objoid", "xmin",
     "pg_catalog.pg_description WHERE objoid >= 16384 AND classoid = 'pg_catalog.pg_class'::regclass"),
    ("'h' || inhrelid || '.' || inhparent", "inhrelid", "xmin", "pg_catalog.pg_inherits"),
    ("'t' || oid", "0", "xmin", "pg_catalog.pg_type WHERE oid >= 16384 AND typtype IN ('e', 'd')"),
    ("'e' || oid", "0", "xmin", "pg_catalog.pg_enum WHERE oid >= 16384"),
    ("'n' || oid", "0", "xmin", "pg_catalog.pg_namespace WHERE oid >= 16384"),
    ("'x' || oid", "0", "xmin", "pg_catalog.pg_extension WHERE oid >= 16384"),
)  # fmt: skip
_COUNTED = " + ".join(f"(SELECT count(*) FROM {place})" for *_, place in _OBJECTS)
_RECENT = " UNION ALL ".join(
    f"SELECT {name} || ':' || {relation} AS id, age({xmin}) AS age FROM {place}"
    for name, relation, xmin, place in _OBJECTS
)
_PRESENT = " UNION ALL ".join(f"SELECT {name} AS id FROM {place}" for name, _, _, place in _OBJECTS)

# How many objects there are; those that are as new as a transaction (by their rows' xmin), each with its relation; the
# relations that have something else so new; and the transaction that is next.
CHANGES = f"""
SELECT {_COUNTED},
       (SELECT string_agg(id, ' ') FROM ({_RECENT}) AS object WHERE age <= age('{{since}}'::xid)),
       (SELECT string_agg(DISTINCT relation::text, ' ') FROM (
          SELECT attrelid, age(xmin) FROM pg_catalog.pg_attribute WHERE attrelid >= 16384 AND attnum > 0
          UNION ALL SELECT indrelid, age(xmin) FROM pg_catalog.pg_index WHERE indrelid >= 16384
          UNION ALL SELECT seqrelid, age(xmin) FROM pg_catalog.pg_sequence WHERE seqrelid >= 16384
          UNION ALL SELECT ev_class, age(xmin) FROM pg_catalog.pg_rewrite WHERE ev_class >= 16384
        ) AS changed (relation, age) WHERE age <= age('{{since}}'::xid)),
       mod(txid_current(), 4294967296)::text
"""

# To be prepared: planning takes longer than running. One plan serves all parameters (from PostgreSQL 12 on).
PREPARABLE: Final = (
    ("xid", CHANGES.format(since="{given}").replace("'{given}'", "$1")),
    *(("oid[]", of_relations(statement, "$1")) for statement in OF_RELATIONS),
)
# Gives a row where so many are prepared under names that begin so; without a row, what is asked next is not run.
OR_ELSE: Final = "/* or nothing more */ "
STILL_PREPARED = (
    f"{OR_ELSE}SELECT 1 FROM pg_catalog.pg_prepared_statements WHERE starts_with(name, '{{start}}')"
    f" HAVING count(*) = {len(PREPARABLE)}"
)
ONE_PLAN: Final = {"plan_cache_mode": "force_generic_plan"}
ONE_PLAN_SINCE: Final = 120000

PRESENT = f"SELECT string_agg(id, ' ') FROM ({_PRESENT}) AS object"


# Relations whose printed definitions hold the name of another (foreign keys, partitions, views), or of a type or schema
# of the database's own.
DEPENDENTS = """
SELECT conrelid FROM pg_catalog.pg_constraint WHERE confrelid IN ({relations})
UNION SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent IN ({relations})
UNION SELECT r.ev_class FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid IN ({relations})
UNION SELECT a.attrelid FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
WHERE {types} AND a.attnum > 0 AND ('e' IN (t.typtype, e.typtype) OR 'd' IN (t.typtype, e.typtype))
UNION SELECT oid FROM pg_catalog.pg_class WHERE {types} AND oid >= 16384 AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  AND relnamespace >= 16384
"""


def dependents(relations: Iterable[int], types: bool) -> str:
    """Give the question which relations show the names of some others, or of types and schemas."""
    return DEPENDENTS.format(relations=", ".join(map(str, relations)) or "0", types="true" if types else "false")
