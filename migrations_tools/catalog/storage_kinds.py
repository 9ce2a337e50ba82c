"""The kinds of what is kept with tables and columns."""

from __future__ import annotations

from typing import Final

from migrations_tools.catalog.kind_entry import SHORT, Kind

STORAGE_KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        "comment",
        "comments",
        "the text, of everything but tables, views and tables' columns",
        ("pg_description",),
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION f() IS 'one'",
    ),
    Kind(
        "storage parameters",
        "storage parameters",
        "of a table, its TOAST table, a constraint's index",
        ("pg_class",),
        "CREATE TABLE t (id int) WITH (fillfactor = 70)",
        changed=SHORT,
    ),
    Kind(
        "table access method",
        "access methods of tables",
        "the method, where it is not heap",
        ("pg_class",),
        "",
        changed=SHORT,
    ),
    Kind(
        "tablespace", "tablespaces of tables and indexes", "the tablespace", ("pg_class",), "", "never", changed=SHORT
    ),
    Kind(
        "persistence",
        "unlogged sequences",
        "whether it is unlogged",
        ("pg_class",),
        "CREATE UNLOGGED SEQUENCE s",
        since=15,
    ),
    Kind(
        "replica identity",
        "replica identities",
        "FULL, NOTHING or the index",
        ("pg_class", "pg_index"),
        "CREATE TABLE t (id int); ALTER TABLE t REPLICA IDENTITY FULL",
        changed=SHORT,
    ),
    Kind(
        "cluster mark",
        "clustered indexes",
        "the index of CLUSTER ON",
        ("pg_index",),
        "CREATE TABLE t (id int PRIMARY KEY); CLUSTER t USING t_pkey",
        "never",
    ),
    Kind("row type", "typed tables", "the type of OF", ("pg_class",), "CREATE TYPE p AS (a int); CREATE TABLE t OF p"),
    Kind(
        "attachment",
        "attached indexes",
        "the index of the parent",
        ("pg_inherits",),
        "CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE c PARTITION OF p DEFAULT;"
        " CREATE INDEX i ON p (id)",
        "never",
    ),
    Kind(
        "own column",
        "inherited columns that are also a child's own",
        "whether it is",
        ("pg_attribute",),
        "CREATE TABLE p (id int); CREATE TABLE c (id int) INHERITS (p)",
        "never",
    ),
    Kind(
        "column storage",
        "storage of columns",
        "the strategy, where it is not the type's",
        ("pg_attribute",),
        "CREATE TABLE t (a text); ALTER TABLE t ALTER a SET STORAGE EXTERNAL",
        changed=SHORT,
    ),
    Kind(
        "compression",
        "compression of columns",
        "the method",
        ("pg_attribute",),
        "CREATE TABLE t (a text COMPRESSION pglz)",
        since=14,
        changed=SHORT,
    ),
    Kind(
        "statistics target",
        "statistics targets",
        "of columns and of indexes' expressions",
        ("pg_attribute",),
        "CREATE TABLE t (a int); ALTER TABLE t ALTER a SET STATISTICS 9",
        "never",
        changed=SHORT,
    ),
    Kind(
        "column options",
        "options of columns",
        "attribute options, and those of foreign tables",
        ("pg_attribute",),
        "CREATE TABLE t (a int); ALTER TABLE t ALTER a SET (n_distinct = 5)",
        changed=SHORT,
    ),
    Kind(
        "view default",
        "defaults of views' columns",
        "the expression",
        ("pg_attrdef",),
        "CREATE VIEW v AS SELECT 1 AS a; ALTER VIEW v ALTER a SET DEFAULT 3",
        changed=SHORT,
    ),
    Kind(
        "not null constraint",
        "named NOT NULL constraints",
        "a name of one's own, NO INHERIT",
        ("pg_constraint",),
        "CREATE TABLE t (a int CONSTRAINT required NOT NULL)",
        "never",
        since=18,
        changed=SHORT,
    ),
    Kind(
        "domain constraint",
        "constraints of domains by name",
        "name and definition",
        ("pg_constraint",),
        "CREATE DOMAIN short AS text CONSTRAINT brief CHECK (length(VALUE) < 9)",
        "never",
    ),
    Kind(
        "extended statistics",
        "extended statistics",
        "definition, target",
        ("pg_statistic_ext",),
        "CREATE TABLE t (a int, b int); CREATE STATISTICS s ON a, b FROM t",
    ),
)
