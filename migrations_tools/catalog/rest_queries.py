"""The question for what belongs to no relation: functions, types, default privileges, publications and the like."""

from __future__ import annotations

from typing import Final

from migrations_tools.catalog.kind_queries import (
    DATABASES_OWNER,
    MANY,
    NOT_OF_THE_SYSTEM,
    REST,
    STATES,
    granted,
    own,
    qualified_as,
)


def _named(catalog: str, alias: str, prefix: str) -> str:
    """Return FROM and WHERE for the objects of a catalog that have a schema, without members of extensions."""
    return (
        f"FROM pg_catalog.{catalog} {alias} JOIN pg_catalog.pg_namespace n ON n.oid = {alias}.{prefix}namespace"
        f" WHERE {alias}.oid >= 16384 AND {NOT_OF_THE_SYSTEM} AND {own(catalog, f'{alias}.oid')}"
    )


def _bare(catalog: str, alias: str) -> str:
    return f"FROM pg_catalog.{catalog} {alias} WHERE {alias}.oid >= 16384 AND {own(catalog, f'{alias}.oid')}"


# Values of options that may be secret are not read.
def _options(array: str) -> str:
    return (
        f"(SELECT string_agg(CASE WHEN each ~* '^[^=]*(pass|secret|token|key)' THEN split_part(each, '=', 1)"
        f" ELSE each END, ', ' ORDER BY each COLLATE \"C\") FROM unnest({array}) AS each)"
    )


def _function(oid: str) -> str:
    """Return the signature of a function that there may be none of (0)."""
    return f"(nullif({oid}::oid, 0))::regprocedure::text"


def _type(oid: str) -> str:
    return f"format_type(nullif({oid}, 0), NULL)"


# --- every object that has an owner: name, owner, privileges, and what roles may do by default ----------------------

_FUNCTION_NOUN = "CASE f.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END"
_FUNCTION_NAME = f"{qualified_as('n.nspname', 'f.proname')} || '(' || oidvectortypes(f.proargtypes) || ')'"
_TYPE_NOUN = (
    "CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite type'"
    " WHEN 'r' THEN 'range type' ELSE 'base type' END"
)
_TYPE_NAME = qualified_as("n.nspname", "t.typname")
# Types that somebody made: none of a table's row, of an array or of several ranges.
_A_TYPE = (
    "(t.typtype IN ('e', 'd', 'r') OR t.typtype = 'b' AND t.typelem = 0 OR t.typtype = 'c' AND"
    " (SELECT relkind FROM pg_catalog.pg_class WHERE oid = t.typrelid) = 'c')"
)
_NO_ACL = 'NULL::aclitem[], NULL::"char"'


def _owned(noun: str, catalog: str, alias: str, prefix: str, name: str = "") -> str:
    named = f"'{noun} ' || {qualified_as('n.nspname', name or f'{alias}.{prefix}name')}"
    return f"SELECT {named}, {alias}.{prefix}owner, {_NO_ACL} {_named(catalog, alias, prefix)}"


def _owned_bare(noun: str, catalog: str, prefix: str, acl: str = "") -> str:
    privileges = f"b.{prefix}acl, '{acl}'::\"char\"" if acl else _NO_ACL
    return f"SELECT '{noun} ' || b.{prefix}name, b.{prefix}owner, {privileges} {_bare(catalog, 'b')}"


_OWNED = MANY.join(
    (
        f"""SELECT 'schema ' || n.nspname, CASE WHEN n.nspname <> 'public' OR n.oid >= 16384 THEN n.nspowner END,
        n.nspacl, 'n'::"char"
        FROM pg_catalog.pg_namespace n WHERE {NOT_OF_THE_SYSTEM} AND {own("pg_namespace", "n.oid")}""",
        f"""SELECT {_FUNCTION_NOUN} || ' ' || {_FUNCTION_NAME}, f.proowner, f.proacl, 'f'::"char"
        {_named("pg_proc", "f", "pro")}""",
        f"""SELECT {_TYPE_NOUN} || ' ' || {_TYPE_NAME}, t.typowner, t.typacl, 'T'::"char"
        {_named("pg_type", "t", "typ")} AND {_A_TYPE}""",
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
        f"SELECT 'language ' || b.lanname, b.lanowner, b.lanacl, 'l'::\"char\" {_bare('pg_language', 'b')}",
    )
)
_OWNERS = f"""
SELECT 'owner', 'owner of ' || identity, identity, pg_get_userbyid(owner)::text
FROM ({_OWNED}) AS owned (identity, owner, acl, kind) WHERE owner <> {DATABASES_OWNER}
"""
# What initdb granted on the schema public counts as the usual.
_USUAL = (
    "CASE WHEN identity = 'schema public' THEN coalesce((SELECT i.initprivs FROM pg_catalog.pg_init_privs i"
    " JOIN pg_catalog.pg_namespace p ON p.oid = i.objoid AND i.classoid = 'pg_catalog.pg_namespace'::regclass"
    " WHERE p.nspname = 'public'), acldefault(kind, owner)) ELSE acldefault(kind, owner) END"
)
_GRANTS = f"""
SELECT 'grant', 'grant to ' || may.role || ' on ' || identity, identity, may.privileges
FROM (SELECT identity, coalesce(owner, 10) AS owner, acl, kind FROM ({_OWNED}) AS o (identity, owner, acl, kind)
      WHERE acl IS NOT NULL) AS owned
CROSS JOIN {granted("owned.acl", _USUAL)}
"""
_DEFAULT_PRIVILEGES = """
SELECT 'default privileges', concat('default privileges of ', pg_get_userbyid(d.defaclrole)::text, ' on ',
         CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
           WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END, ' in schema ' || n.nspname), '',
       (SELECT string_agg(privilege, ', ' ORDER BY privilege COLLATE "C")
        FROM (SELECT concat(e.privilege_type, ' to ', CASE e.grantee WHEN 0 THEN 'PUBLIC'
                ELSE pg_get_userbyid(e.grantee)::text END, CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' END)
              FROM aclexplode(d.defaclacl) AS e) AS granted (privilege))
FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
"""

# --- functions and types --------------------------------------------------------------------------------------------

_FUNCTIONS = f"""
SELECT {_FUNCTION_NOUN}, {_FUNCTION_NOUN} || ' ' || {_FUNCTION_NAME}, '',
       CASE WHEN f.prokind <> 'a' THEN pg_get_functiondef(f.oid) ELSE
         (SELECT concat_ws(', ', to_jsonb(g) - ARRAY['aggfnoid', 'aggtranstype', 'aggmtranstype', 'aggsortop'],
            {_type("g.aggtranstype")}, {_type("g.aggmtranstype")}, nullif(g.aggsortop, 0)::regoperator,
            f.proparallel, pg_get_function_arguments(f.oid))
          FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid = f.oid) END
{_named("pg_proc", "f", "pro")}
"""
_RANGES = f"""
SELECT 'range type', 'range type ' || {_TYPE_NAME}, '', concat_ws(' ', {_type("r.rngsubtype")},
       'MULTIRANGE ' || {_type("(to_jsonb(r)->>'rngmultitypid')::oid")}, (SELECT 'OPERATOR CLASS ' || o.opcname
       FROM pg_catalog.pg_opclass o WHERE o.oid = r.rngsubopc), 'COLLATE ' || nullif(r.rngcollation, 0)::regcollation,
       'CANONICAL ' || {_function("r.rngcanonical")}, 'DIFF ' || {_function("r.rngsubdiff")})
{_named("pg_type", "t", "typ").replace(" WHERE ", " JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid WHERE ", 1)}
"""
_BASE_TYPES = f"""
SELECT 'base type', 'base type ' || {_TYPE_NAME}, '', concat_ws(' ', {_function("t.typinput")},
       {_function("t.typoutput")}, {_function("t.typreceive")}, {_function("t.typsend")}, t.typlen, t.typbyval,
       t.typalign, t.typstorage, t.typcategory, t.typispreferred, t.typdelim, t.typdefault)
{_named("pg_type", "t", "typ")} AND t.typtype = 'b' AND t.typelem = 0
"""
_DOMAIN_CONSTRAINTS = f"""
SELECT 'domain constraint', 'domain constraint ' || k.conname || ' of ' || {_TYPE_NAME}, 'domain ' || {_TYPE_NAME},
       pg_get_constraintdef(k.oid)
{
    _named("pg_type", "t", "typ").replace(
        " WHERE ", " JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid AND k.contype = 'c' WHERE ", 1
    )
}
"""
_COLLATIONS = f"""
SELECT 'collation', 'collation ' || {qualified_as("n.nspname", "l.collname")}, '',
       (to_jsonb(l) - ARRAY['oid', 'collname', 'collnamespace', 'collowner', 'collversion', 'collencoding'])::text
{_named("pg_collation", "l", "coll")}
"""
_CONVERSIONS = f"""
SELECT 'conversion', 'conversion ' || {qualified_as("n.nspname", "v.conname")}, '', concat_ws(' ',
       pg_encoding_to_char(v.conforencoding), pg_encoding_to_char(v.contoencoding), v.conproc, v.condefault)
{_named("pg_conversion", "v", "con")}
"""
_CASTS = f"""
SELECT 'cast', 'cast ' || {_type("b.castsource")} || ' to ' || {_type("b.casttarget")}, '',
       concat_ws(' ', {_function("b.castfunc")}, b.castmethod, b.castcontext)
{_bare("pg_cast", "b")}
"""
_OPERATORS = f"""
SELECT 'operator', 'operator ' || o.oid::regoperator::text, '', concat_ws(' ', o.oprcode, {_type("o.oprresult")},
       'COMMUTATOR ' || nullif(o.oprcom, 0)::regoperator, 'NEGATOR ' || nullif(o.oprnegate, 0)::regoperator,
       'RESTRICT ' || {_function("o.oprrest")}, 'JOIN ' || {_function("o.oprjoin")}, o.oprcanhash, o.oprcanmerge)
{_named("pg_operator", "o", "opr")}
"""
_OPERATOR_CLASSES = f"""
SELECT 'operator class', 'operator class ' || {qualified_as("n.nspname", "o.opcname")} || ' using ' ||
       (SELECT amname FROM pg_catalog.pg_am WHERE oid = o.opcmethod), '', concat_ws(' ', {_type("o.opcintype")},
       o.opcdefault, {_type("o.opckeytype")}, (SELECT opfname FROM pg_catalog.pg_opfamily WHERE oid = o.opcfamily))
{_named("pg_opclass", "o", "opc")}
"""
_OPERATOR_FAMILIES = f"""
SELECT 'operator family', 'operator family ' || {qualified_as("n.nspname", "o.opfname")} || ' using ' ||
       (SELECT amname FROM pg_catalog.pg_am WHERE oid = o.opfmethod), '', concat_ws(', ',
       (SELECT string_agg(concat_ws(' ', m.amopstrategy, m.amopopr::regoperator, m.amoppurpose), ', ' ORDER BY
          m.amopstrategy, m.amopopr::regoperator::text) FROM pg_catalog.pg_amop m WHERE m.amopfamily = o.oid),
       (SELECT string_agg(concat_ws(' ', m.amprocnum, m.amproc::regprocedure), ', ' ORDER BY
          m.amprocnum, m.amproc::regprocedure::text) FROM pg_catalog.pg_amproc m WHERE m.amprocfamily = o.oid))
{_named("pg_opfamily", "o", "opf")}
"""

# --- what else a database has ---------------------------------------------------------------------------------------

_TEXT_SEARCH = MANY.join(
    (
        f"""SELECT 'text search configuration',
        'text search configuration ' || {qualified_as("n.nspname", "o.cfgname")}, '',
        concat_ws(', ', (SELECT prsname FROM pg_catalog.pg_ts_parser WHERE oid = o.cfgparser),
          (SELECT string_agg(concat_ws(' ', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), ', '
             ORDER BY m.maptokentype, m.mapseqno) FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = o.oid))
        {_named("pg_ts_config", "o", "cfg")}""",
        f"""SELECT 'text search dictionary', 'text search dictionary ' || {qualified_as("n.nspname", "o.dictname")}, '',
        concat_ws(' ', (SELECT tmplname FROM pg_catalog.pg_ts_template WHERE oid = o.dicttemplate), o.dictinitoption)
        {_named("pg_ts_dict", "o", "dict")}""",
        f"""SELECT 'text search parser', 'text search parser ' || {qualified_as("n.nspname", "o.prsname")}, '',
        concat_ws(' ', o.prsstart, o.prstoken, o.prsend, o.prsheadline, o.prslextype)
        {_named("pg_ts_parser", "o", "prs")}""",
        f"""SELECT 'text search template', 'text search template ' || {qualified_as("n.nspname", "o.tmplname")}, '',
        concat_ws(' ', o.tmplinit, o.tmpllexize) {_named("pg_ts_template", "o", "tmpl")}""",
    )
)
_LANGUAGES = MANY.join(
    (
        f"""SELECT 'language', 'language ' || b.lanname, '', concat_ws(' ', {_function("b.lanplcallfoid")},
        {_function("b.laninline")}, {_function("b.lanvalidator")}, b.lanpltrusted) {_bare("pg_language", "b")}""",
        f"""SELECT 'transform', 'transform of ' || {_type("b.trftype")} || ' for ' ||
        (SELECT lanname FROM pg_catalog.pg_language WHERE oid = b.trflang), '',
        concat_ws(' ', {_function("b.trffromsql")}, {_function("b.trftosql")}) {_bare("pg_transform", "b")}""",
        f"""SELECT 'access method', 'access method ' || b.amname, '', concat_ws(' ', b.amhandler, b.amtype)
        {_bare("pg_am", "b")}""",
    )
)
_EVENT_TRIGGERS = f"""
SELECT 'event trigger', 'event trigger ' || b.evtname, '', concat(b.evtevent, ' ', b.evttags::text, ' EXECUTE ',
       b.evtfoid::regprocedure, {STATES.format("b.evtenabled")})
{_bare("pg_event_trigger", "b")}
"""
_PUBLICATIONS = f"""
SELECT 'publication', 'publication ' || b.pubname, '', concat_ws(', ',
       to_jsonb(b) - ARRAY['oid', 'pubname', 'pubowner'],
       (SELECT string_agg(concat_ws(' ', r.prrelid::regclass, to_jsonb(v)->>'attnames', to_jsonb(v)->>'rowfilter'), ', '
          ORDER BY r.prrelid::regclass::text)
        FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_publication_tables v
          ON v.pubname = b.pubname AND v.schemaname = n.nspname AND v.tablename = c.relname
        WHERE r.prpubid = b.oid),
       (SELECT 'schemas ' || string_agg(n.nspname, ', ' ORDER BY n.nspname)
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_depend s ON s.classid = d.classid AND s.objid = d.objid
        JOIN pg_catalog.pg_namespace n ON n.oid = s.refobjid AND s.refclassid = 'pg_catalog.pg_namespace'::regclass
        WHERE d.classid = to_regclass('pg_catalog.pg_publication_namespace') AND d.refobjid = b.oid
          AND d.refclassid = 'pg_catalog.pg_publication'::regclass))
{_bare("pg_publication", "b")}
"""
_FOREIGN = MANY.join(
    (
        f"""SELECT 'foreign data wrapper', 'foreign data wrapper ' || b.fdwname, '', concat_ws(' ',
        {_function("b.fdwhandler")}, {_function("b.fdwvalidator")}, {_options("b.fdwoptions")})
        {_bare("pg_foreign_data_wrapper", "b")}""",
        f"""SELECT 'foreign server', 'foreign server ' || b.srvname, '', concat_ws(' ', (SELECT fdwname
        FROM pg_catalog.pg_foreign_data_wrapper WHERE oid = b.srvfdw), b.srvtype, b.srvversion,
        {_options("b.srvoptions")}) {_bare("pg_foreign_server", "b")}""",
        # The values of a user mapping's options are passwords: never read.
        """SELECT 'user mapping', 'user mapping for ' || b.usename || ' on ' || b.srvname,
        'foreign server ' || b.srvname,
        (SELECT coalesce(string_agg(split_part(each, '=', 1), ', ' ORDER BY each COLLATE "C"), '')
         FROM unnest(b.umoptions) AS each) FROM pg_catalog.pg_user_mappings b""",
    )
)
_EXTENSIONS = """
SELECT 'extension version', 'extension version of ' || e.extname, 'extension ' || e.extname,
       e.extversion || ' in schema ' || n.nspname
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
"""
_LARGE_OBJECTS = """
SELECT 'large objects', 'large objects', '', count(*)::text FROM pg_catalog.pg_largeobject_metadata HAVING count(*) > 0
"""

# --- comments and labels --------------------------------------------------------------------------------------------

_LABELLED = r"regexp_replace(i.type || ' ' || i.identity, '([ (,])public\.', '\1', 'g')"
_SUBSCRIPTIONS = """
SELECT 'subscription', 'subscriptions', '', count(*)::text FROM pg_catalog.pg_subscription s
WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()) HAVING count(*) > 0
"""
_COMMENTS = f"""
SELECT 'comment', 'comment on ' || coalesce('constraint ' || k.name, {_LABELLED}),
       coalesce('constraint ' || k.name, {_LABELLED}), quote_literal(d.description)
FROM pg_catalog.pg_description d
CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, 0) AS i
LEFT JOIN LATERAL (SELECT {qualified_as("n.nspname", "c.relname")} || '.' || k.conname
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE d.classoid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objoid) AS k (name) ON true
WHERE d.classoid <> 'pg_catalog.pg_class'::regclass AND i.identity !~ '^pg_temp'
  AND (d.objoid >= 16384 OR d.objoid = 2200 AND d.classoid = 'pg_catalog.pg_namespace'::regclass
       AND d.description <> 'standard public schema')  -- 2200: the schema public, wherever initdb made it
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                  WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
"""
_SECURITY_LABELS = f"""
SELECT 'security label', 'security label of ' || s.provider || ' on ' || {_LABELLED}, {_LABELLED}, s.label
FROM pg_catalog.pg_seclabel s CROSS JOIN LATERAL pg_identify_object(s.classoid, s.objoid, s.objsubid) AS i
"""

OF_REST: Final = (
    f"SELECT {REST}::oid, kind, identity, of, ''::text, definition FROM ("
    + MANY.join(
        (
            _OWNERS,
            _GRANTS,
            _DEFAULT_PRIVILEGES,
            _FUNCTIONS,
            _RANGES,
            _BASE_TYPES,
            _DOMAIN_CONSTRAINTS,
            _COLLATIONS,
            _CONVERSIONS,
            _CASTS,
            _OPERATORS,
            _OPERATOR_CLASSES,
            _OPERATOR_FAMILIES,
            _TEXT_SEARCH,
            _LANGUAGES,
            _EVENT_TRIGGERS,
            _PUBLICATIONS,
            _FOREIGN,
            _EXTENSIONS,
            _LARGE_OBJECTS,
            _SUBSCRIPTIONS,
            _COMMENTS,
            _SECURITY_LABELS,
        )
    )
    + ") AS object (kind, identity, of, definition) ORDER BY 2, 3"
)
