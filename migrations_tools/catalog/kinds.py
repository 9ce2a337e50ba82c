"""Every kind of object that a migration can leave in a database: what is read and compared of it, and how it is told.

The one list: the documentation's table is made of it, a test holds it against PostgreSQL's own catalogs, and another
runs each example. A kind that is not read stands here too, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Stated: TypeAlias = Literal["all", "stated", "never"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: `compared` says what of it, `catalogs` where PostgreSQL keeps it, `example` makes one.

    Against the models "all" of it is compared, or what they have "stated" (DDL events, extensions of SQLAlchemy), or
    "never". `since` is the oldest major version that has it; `unread` says why not all of it is read. `gone`,
    `left` and `changed` tell of a revision that was taken back.
    """

    name: str
    plural: str
    compared: str
    catalogs: tuple[str, ...]
    example: str
    stated: Stated = "stated"
    since: int = 12
    gone: str = "{object} is gone and never comes back"
    left: str = "{object} is left"
    changed: str = "{object} is different"
    unread: str = ""


_SHORT: Final = "{object} is {now} and was {was}"

KINDS: Final[tuple[Kind, ...]] = (
    # Read as values of their own (`model`), which models state as well.
    Kind("schema", "schemas", "its name", ("pg_namespace",), "CREATE SCHEMA audit", "all"),
    Kind("extension", "extensions", "its name", ("pg_extension",), "CREATE EXTENSION hstore", "all"),
    Kind("enum", "enum types", "labels in their order", ("pg_type", "pg_enum"), "CREATE TYPE m AS ENUM ('a')", "all"),
    Kind(
        "domain",
        "domains",
        "type, nullability, default, collation, checks",
        ("pg_type", "pg_constraint"),
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 9)",
        "all",
    ),
    Kind(
        "table",
        "tables",
        "kind, partition key and bound, parents, persistence, comment",
        ("pg_class", "pg_partitioned_table", "pg_inherits", "pg_description"),
        "CREATE TABLE t (id int)",
        "all",
    ),
    Kind(
        "column",
        "columns",
        "type, nullability, default, identity, generated expression, collation, comment",
        ("pg_attribute", "pg_attrdef"),
        "CREATE TABLE t (id int)",
        "all",
    ),
    Kind(
        "constraint",
        "constraints",
        "definition, deferrability, validity",
        ("pg_constraint",),
        "CREATE TABLE t (id int CHECK (id > 0))",
        "all",
    ),
    Kind(
        "index",
        "indexes",
        "definition, validity",
        ("pg_index", "pg_class"),
        "CREATE TABLE t (id int); CREATE INDEX i ON t (id)",
        "all",
    ),
    Kind("sequence", "sequences", "type, all options, owning column", ("pg_sequence",), "CREATE SEQUENCE s", "all"),
    Kind(
        "view",
        "views and materialized views",
        "query, options, indexes, comment",
        ("pg_class", "pg_rewrite"),
        "CREATE VIEW v AS SELECT 1 AS one",
        "all",
    ),
    # Who may do what.
    Kind(
        "row security",
        "row security flags",
        "enabled, forced",
        ("pg_class",),
        "CREATE TABLE t (id int); ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        gone="{object} stays off",
        left="{object} stays on",
        changed=_SHORT,
    ),
    Kind(
        "policy",
        "policies",
        "permissive or restrictive, command, roles, USING, WITH CHECK",
        ("pg_policy",),
        "CREATE TABLE t (id int); CREATE POLICY own ON t USING (id > 0)",
    ),
    Kind(
        "grant",
        "grants",
        "each role's privileges where they are not the usual ones, on columns too",
        (
            "pg_class",
            "pg_attribute",
            "pg_proc",
            "pg_namespace",
            "pg_type",
            "pg_language",
            "pg_foreign_server",
            "pg_init_privs",
        ),
        "CREATE TABLE t (id int); GRANT SELECT ON t TO PUBLIC",
        changed=_SHORT,
    ),
    Kind(
        "default privileges",
        "default privileges",
        "what is granted on objects to come",
        ("pg_default_acl",),
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "never",
        changed=_SHORT,
    ),
    Kind(
        "owner",
        "owners",
        "the role, where it is not the database's own owner",
        ("pg_class", "pg_proc", "pg_type"),
        "CREATE TABLE t (id int); ALTER TABLE t OWNER TO pg_monitor",
        "never",
        gone="{object} is no longer {was}",
        left="{object} stays {now}",
        changed=_SHORT,
    ),
    Kind("security label", "security labels", "provider and label", ("pg_seclabel",), "", "never"),
    # What runs.
    Kind(
        "trigger",
        "triggers",
        "definition, state",
        ("pg_trigger",),
        "CREATE TABLE t (id int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        " CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    Kind(
        "rule",
        "rules",
        "definition, state",
        ("pg_rewrite",),
        "CREATE TABLE t (id int); CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
    ),
    Kind(
        "event trigger",
        "event triggers",
        "event, tags, function, state",
        ("pg_event_trigger",),
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';"
        " CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
    ),
    Kind(
        "function",
        "functions",
        "definition with volatility, security definer and settings",
        ("pg_proc",),
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    ),
    Kind("procedure", "procedures", "as functions", ("pg_proc",), "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'"),
    Kind(
        "aggregate",
        "aggregates",
        "functions, state types, start values",
        ("pg_proc", "pg_aggregate"),
        "CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int)",
    ),
    # What is kept with tables and columns.
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
        changed=_SHORT,
    ),
    Kind(
        "table access method",
        "access methods of tables",
        "the method, where it is not heap",
        ("pg_class",),
        "",
        changed=_SHORT,
    ),
    Kind(
        "tablespace", "tablespaces of tables and indexes", "the tablespace", ("pg_class",), "", "never", changed=_SHORT
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
        changed=_SHORT,
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
        changed=_SHORT,
    ),
    Kind(
        "compression",
        "compression of columns",
        "the method",
        ("pg_attribute",),
        "CREATE TABLE t (a text COMPRESSION pglz)",
        since=14,
        changed=_SHORT,
    ),
    Kind(
        "statistics target",
        "statistics targets",
        "of columns and of indexes' expressions",
        ("pg_attribute",),
        "CREATE TABLE t (a int); ALTER TABLE t ALTER a SET STATISTICS 9",
        "never",
        changed=_SHORT,
    ),
    Kind(
        "column options",
        "options of columns",
        "attribute options, and those of foreign tables",
        ("pg_attribute",),
        "CREATE TABLE t (a int); ALTER TABLE t ALTER a SET (n_distinct = 5)",
        changed=_SHORT,
    ),
    Kind(
        "view default",
        "defaults of views' columns",
        "the expression",
        ("pg_attrdef",),
        "CREATE VIEW v AS SELECT 1 AS a; ALTER VIEW v ALTER a SET DEFAULT 3",
        changed=_SHORT,
    ),
    Kind(
        "not null constraint",
        "named NOT NULL constraints",
        "a name of one's own, NO INHERIT",
        ("pg_constraint",),
        "CREATE TABLE t (a int CONSTRAINT required NOT NULL)",
        "never",
        since=18,
        changed=_SHORT,
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
    # Types and operators.
    Kind(
        "composite type",
        "composite types",
        "attributes",
        ("pg_class", "pg_attribute"),
        "CREATE TYPE p AS (a int, b text)",
    ),
    Kind(
        "range type",
        "range types",
        "subtype, operator class, functions",
        ("pg_range",),
        "CREATE TYPE r AS RANGE (subtype = int)",
    ),
    Kind("base type", "base types", "functions, layout", ("pg_type",), ""),
    Kind(
        "collation",
        "collations",
        "provider, locale, rules; not the library's version",
        ("pg_collation",),
        'CREATE COLLATION c FROM "C"',
    ),
    Kind(
        "cast",
        "casts",
        "function, context",
        ("pg_cast",),
        "CREATE TYPE p AS (a int); CREATE CAST (int AS p) WITH INOUT",
    ),
    Kind(
        "operator",
        "operators",
        "function, commutator, negator, estimators",
        ("pg_operator",),
        "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
    ),
    Kind(
        "operator class",
        "operator classes",
        "type, default, family",
        ("pg_opclass",),
        "CREATE OPERATOR CLASS o FOR TYPE int USING btree AS FUNCTION 1 btint4cmp(int, int)",
    ),
    Kind(
        "operator family",
        "operator families",
        "operators and functions",
        ("pg_opfamily", "pg_amop", "pg_amproc"),
        "CREATE OPERATOR FAMILY o USING btree",
    ),
    Kind(
        "access method",
        "access methods",
        "handler, type",
        ("pg_am",),
        "CREATE ACCESS METHOD h TYPE TABLE HANDLER heap_tableam_handler",
    ),
    Kind(
        "text search configuration",
        "text search configurations",
        "parser, mappings",
        ("pg_ts_config", "pg_ts_config_map"),
        "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)",
    ),
    Kind(
        "text search dictionary",
        "text search dictionaries",
        "template, options",
        ("pg_ts_dict",),
        "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)",
    ),
    Kind(
        "text search parser",
        "text search parsers",
        "functions",
        ("pg_ts_parser",),
        "CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,"
        " LEXTYPES = prsd_lextype)",
    ),
    Kind(
        "text search template",
        "text search templates",
        "functions",
        ("pg_ts_template",),
        "CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize)",
    ),
    Kind(
        "conversion",
        "conversions",
        "encodings, function, default",
        ("pg_conversion",),
        "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
    ),
    Kind(
        "language",
        "languages",
        "functions, trusted",
        ("pg_language",),
        "CREATE LANGUAGE l HANDLER plpgsql_call_handler",
    ),
    Kind(
        "transform",
        "transforms",
        "functions",
        ("pg_transform",),
        "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
    ),
    # Beyond the database.
    Kind(
        "extension version",
        "versions of extensions",
        "version, schema",
        ("pg_extension",),
        "CREATE EXTENSION hstore",
        "never",
        changed=_SHORT,
    ),
    Kind(
        "publication",
        "publications",
        "what is published; tables, columns, conditions, schemas",
        ("pg_publication", "pg_publication_rel", "pg_publication_namespace"),
        "CREATE TABLE t (id int); CREATE PUBLICATION p FOR TABLE t",
    ),
    Kind(
        "foreign data wrapper",
        "foreign data wrappers",
        "functions, options",
        ("pg_foreign_data_wrapper",),
        "CREATE FOREIGN DATA WRAPPER w",
    ),
    Kind(
        "foreign server",
        "foreign servers",
        "wrapper, type, version, options but secrets",
        ("pg_foreign_server",),
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w",
    ),
    Kind(
        "user mapping",
        "user mappings",
        "role, server, names of the options; never their values",
        ("pg_user_mapping",),
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
        " CREATE USER MAPPING FOR PUBLIC SERVER s",
    ),
    Kind(
        "foreign table options",
        "foreign tables' servers and options",
        "server, options",
        ("pg_foreign_table",),
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
        " CREATE FOREIGN TABLE t (a int) SERVER s",
        changed=_SHORT,
    ),
    Kind(
        "large objects",
        "large objects",
        "how many there are",
        ("pg_largeobject_metadata", "pg_largeobject"),
        "SELECT lo_create(0)",
        "never",
        changed=_SHORT,
        unread="their contents are rows, and not part of a schema",
    ),
    Kind(
        "subscription",
        "subscriptions",
        "how many there are",
        ("pg_subscription", "pg_subscription_rel"),
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)",
        "never",
        changed=_SHORT,
        unread="they belong to the server and hold passwords",
    ),
)

# The other catalogs of PostgreSQL, and why no object of a user's is looked for in them.
REFUSED: Final = {
    "pg_auth_members": "of the server: roles are compared before and after a run",
    "pg_authid": "of the server: roles are compared before and after a run",
    "pg_database": "of the server: databases are compared before and after a run",
    "pg_db_role_setting": "of the server: settings are compared before and after a run",
    "pg_depend": "no object: what depends on what follows from the definitions",
    "pg_parameter_acl": "of the server",
    "pg_replication_origin": "of the server",
    "pg_shdepend": "no object, of the server",
    "pg_shdescription": "of the server: comments on databases, roles and tablespaces",
    "pg_shseclabel": "of the server",
    "pg_statistic": "data: what ANALYZE gathered",
    "pg_statistic_ext_data": "data: what ANALYZE gathered",
    "pg_tablespace": "of the server: tablespaces are compared before and after a run",
}
