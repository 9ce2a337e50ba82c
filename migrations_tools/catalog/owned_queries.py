"""The questions for what has an owner but belongs to no relation: its owner, and what roles may do with it.

And the pieces of SQL that these share with `rest_queries`: how objects, functions and types are named.
"""

from __future__ import annotations

from migrations_tools.catalog.kind_queries import DATABASES_OWNER, MANY, NOT_OF_THE_SYSTEM, granted, own, qualified_as


def named(catalog: str, alias: str, prefix: str) -> str:
    """Return FROM and WHERE for the objects of a catalog that have a schema, without members of extensions."""
    return (
        f"FROM pg_catalog.{catalog} {alias} JOIN pg_catalog.pg_namespace n ON n.oid = {alias}.{prefix}namespace"
        f" WHERE {alias}.oid >= 16384 AND {NOT_OF_THE_SYSTEM} AND {own(catalog, f'{alias}.oid')}"
    )


def bare(catalog: str, alias: str) -> str:
    """Return FROM and WHERE for the objects of a catalog that have no schema, without members of extensions."""
    return f"FROM pg_catalog.{catalog} {alias} WHERE {alias}.oid >= 16384 AND {own(catalog, f'{alias}.oid')}"


def function_of(oid: str) -> str:
    """Return the signature of a function that there may be none of (0)."""
    return f"(nullif({oid}::oid, 0))::regprocedure::text"


def type_of(oid: str) -> str:
    """Return the name of a type that there may be none of (0)."""
    return f"format_type(nullif({oid}, 0), NULL)"


# Name, owner, privileges, and what roles may do by default.

FUNCTION_NOUN = "CASE f.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END"
FUNCTION_NAME = f"{qualified_as('n.nspname', 'f.proname')} || '(' || oidvectortypes(f.proargtypes) || ')'"
TYPE_NOUN = (
    "CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite type'"
    " WHEN 'r' THEN 'range type' ELSE 'base type' END"
)
TYPE_NAME = qualified_as("n.nspname", "t.typname")
# Types that somebody made: none of a table's row, of an array or of several ranges.
A_TYPE = (
    "(t.typtype IN ('e', 'd', 'r') OR t.typtype = 'b' AND t.typelem = 0 OR t.typtype = 'c' AND"
    " (SELECT relkind FROM pg_catalog.pg_class WHERE oid = t.typrelid) = 'c')"
)
_NO_ACL = 'NULL::aclitem[], NULL::"char"'


def _owned(noun: str, catalog: str, alias: str, prefix: str, name: str = "") -> str:
    printed = f"'{noun} ' || {qualified_as('n.nspname', name or f'{alias}.{prefix}name')}"
    return f"SELECT {printed}, {alias}.{prefix}owner, {_NO_ACL} {named(catalog, alias, prefix)}"


def _owned_bare(noun: str, catalog: str, prefix: str, acl: str = "") -> str:
    privileges = f"b.{prefix}acl, '{acl}'::\"char\"" if acl else _NO_ACL
    return f"SELECT '{noun} ' || b.{prefix}name, b.{prefix}owner, {privileges} {bare(catalog, 'b')}"


_OWNED = MANY.join(
    (
        f"""SELECT 'schema ' || n.nspname, CASE WHEN n.nspname <> 'public' OR n.oid >= 16384 THEN n.nspowner END,
        n.nspacl, 'n'::"char"
        FROM pg_catalog.pg_namespace n WHERE {NOT_OF_THE_SYSTEM} AND {own("pg_namespace", "n.oid")}""",
        f"""SELECT {FUNCTION_NOUN} || ' ' || {FUNCTION_NAME}, f.proowner, f.proacl, 'f'::"char"
        {named("pg_proc", "f", "pro")}""",
        f"""SELECT {TYPE_NOUN} || ' ' || {TYPE_NAME}, t.typowner, t.typacl, 'T'::"char"
        {named("pg_type", "t", "typ")} AND {A_TYPE}""",
        _owned("collation", "pg_collation", "l", "coll"),
        _owned("conversion", "pg_conversion", "v", "con"),
        _owned("operator", "pg_operator", "o", "opr"),
        _owned("operator class", "pg_opclass", "o", "opc"),
        _owned("operator family", "pg_opfamily", "o", "opf"),
        _owned("text search configuration", "pg_ts_config", "o", "cfg"),
        _owned("text search dictionary", "pg_ts_dict", "o", "dict"),
        _owned("extended statistics", "pg_statistic_ext", "o", "stx"),
        _owned_bare("event trigger", "pg_event_trigger", "evt"),
        _owned_bare("publication", "pg_publication", "pub"),
        _owned_bare("foreign data wrapper", "pg_foreign_data_wrapper", "fdw", "F"),
        _owned_bare("foreign server", "pg_foreign_server", "srv", "S"),
        f"SELECT 'language ' || b.lanname, b.lanowner, b.lanacl, 'l'::\"char\" {bare('pg_language', 'b')}",
    )
)
OWNERS = f"""
SELECT 'owner', 'owner of ' || identity, identity, pg_get_userbyid(owner)::text
FROM ({_OWNED}) AS owned (identity, owner, acl, kind) WHERE owner <> {DATABASES_OWNER}
"""
# What initdb granted on the schema public counts as the usual.
_USUAL = (
    "CASE WHEN identity = 'schema public' THEN coalesce((SELECT i.initprivs FROM pg_catalog.pg_init_privs i"
    " JOIN pg_catalog.pg_namespace p ON p.oid = i.objoid AND i.classoid = 'pg_catalog.pg_namespace'::regclass"
    " WHERE p.nspname = 'public'), acldefault(kind, owner)) ELSE acldefault(kind, owner) END"
)
GRANTS = f"""
SELECT 'grant', 'grant to ' || may.role || ' on ' || identity, identity, may.privileges
FROM (SELECT identity, coalesce(owner, 10) AS owner, acl, kind FROM ({_OWNED}) AS o (identity, owner, acl, kind)
      WHERE acl IS NOT NULL) AS owned
CROSS JOIN {granted("owned.acl", _USUAL)}
"""
DEFAULT_PRIVILEGES = """
SELECT 'default privileges', concat('default privileges of ', pg_get_userbyid(d.defaclrole)::text, ' on ',
         CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
           WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END, ' in schema ' || n.nspname), '',
       (SELECT string_agg(privilege, ', ' ORDER BY privilege COLLATE "C")
        FROM (SELECT concat(e.privilege_type, ' to ', CASE e.grantee WHEN 0 THEN 'PUBLIC'
                ELSE pg_get_userbyid(e.grantee)::text END, CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' END)
              FROM aclexplode(d.defaclacl) AS e) AS granted (privilege))
FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
"""
