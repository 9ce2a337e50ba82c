"""The questions that the reader asks `pg_catalog`: one set-based statement a kind of object.

No statement holds a `%` but the placeholder, so that any DB-API driver runs them with or without
parameters. Names are cast to text, since drivers differ in what they make of `name` and `"char"`.
`name` columns sort by code point (collation "C" since PostgreSQL 12), so that the order does not depend on
the database's locale.
"""

from __future__ import annotations

from typing import Final

from migrations_tools.catalog import kind_queries, rest_queries

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
SELECT classid::regclass::text, objid::bigint
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
SELECT oid::bigint, nspname::text
FROM pg_catalog.pg_namespace
WHERE NOT starts_with(nspname::text, 'pg_') AND nspname <> 'information_schema'
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
WHERE c.relkind IN ('r', 'p', 'f') AND NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
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
                   AND k.conkey[1] = a.attnum AND NOT k.convalidated), a.attnum
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace m ON m.oid = l.collnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f')
  AND NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY a.attrelid, a.attnum
"""

# Constraints that a partition or child has from its parent are left to the parent (conparentid, coninhcount),
# and so are those which PostgreSQL adds for each partition that a foreign key refers to.
CONSTRAINTS = """
SELECT k.conrelid, k.conname::text, k.contype::text, pg_get_constraintdef(k.oid),
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS key (attnum, position)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.attnum
             ORDER BY key.position),
       m.nspname::text, f.relname::text,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS key (attnum, position)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = key.attnum
             ORDER BY key.position),
       k.condeferrable, k.condeferred, k.convalidated
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace m ON m.oid = f.relnamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conrelid <> 0 AND k.conparentid = 0 AND k.coninhcount = 0
  AND NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
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
WHERE NOT x.relispartition AND NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                  WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, x.relname
"""

ENUMS = """
SELECT t.oid::bigint, n.nspname::text, t.typname::text,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
             WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' AND NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY n.nspname, t.typname
"""

DOMAINS = """
SELECT t.oid::bigint, n.nspname::text, t.typname::text, format_type(t.typbasetype, t.typtypmod), NOT t.typnotnull,
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
WHERE t.typtype = 'd' AND NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY n.nspname, t.typname
"""

# A sequence depends on its owning column with deptype 'a' (serial, OWNED BY) or 'i' (identity): pg_depend.
SEQUENCES = """
SELECT s.seqrelid, n.nspname::text, c.relname::text, format_type(s.seqtypid, NULL), s.seqstart,
       s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, a.attrelid::bigint, a.attname::text, o.deptype = 'i',
       'nextval(' || quote_literal(s.seqrelid::regclass::text) || '::regclass)'
FROM pg_catalog.pg_sequence s
JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend o
     ON o.classid = 'pg_class'::regclass AND o.objid = s.seqrelid AND o.objsubid = 0
     AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
WHERE NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
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
WHERE c.relkind IN ('v', 'm') AND NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
"""

# In the order of `read.CatalogRows`; those from TABLES on give the oid of their relation first.
ALL: Final = (
    EXTENSION_MEMBERS,
    SCHEMAS,
    EXTENSIONS,
    ENUMS,
    DOMAINS,
    TABLES,
    VIEWS,
    SEQUENCES,
    COLUMNS,
    CONSTRAINTS,
    INDEXES,
    kind_queries.OF_RELATIONS,
    rest_queries.OF_REST,
)
OF_RELATIONS: Final = ALL[5:]
