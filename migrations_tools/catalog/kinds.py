"""Every kind of object that a migration can leave in a database: what is read and compared of it, and how it is told.

The one list: the documentation's table is made of it, a test holds it against PostgreSQL's own catalogs, and another
runs each example. A kind that is not read stands here too, with the reason.
"""

from __future__ import annotations

from typing import Final

from migrations_tools.catalog.kind_entry import SHORT, Kind
from migrations_tools.catalog.storage_kinds import STORAGE_KINDS
from migrations_tools.catalog.type_kinds import TYPE_KINDS

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
        changed=SHORT,
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
        changed=SHORT,
    ),
    Kind(
        "default privileges",
        "default privileges",
        "what is granted on objects to come",
        ("pg_default_acl",),
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "never",
        changed=SHORT,
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
        changed=SHORT,
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
    *STORAGE_KINDS,
    *TYPE_KINDS,
    # Beyond the database.
    Kind(
        "extension version",
        "versions of extensions",
        "version, schema",
        ("pg_extension",),
        "CREATE EXTENSION hstore",
        "never",
        changed=SHORT,
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
        changed=SHORT,
    ),
    Kind(
        "large objects",
        "large objects",
        "how many there are",
        ("pg_largeobject_metadata", "pg_largeobject"),
        "SELECT lo_create(0)",
        "never",
        changed=SHORT,
        unread="their contents are rows, and not part of a schema",
    ),
    Kind(
        "subscription",
        "subscriptions",
        "how many there are",
        ("pg_subscription", "pg_subscription_rel"),
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)",
        "never",
        changed=SHORT,
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
