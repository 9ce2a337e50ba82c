"""The question for what belongs to no relation: functions, types, default privileges, publications and the like."""

from __future__ import annotations

from typing import Final

from migrations_tools.catalog.kind_queries import MANY, REST, STATES, qualified_as
from migrations_tools.catalog.owned_queries import (
    DEFAULT_PRIVILEGES,
    FUNCTION_NAME,
    FUNCTION_NOUN,
    GRANTS,
    OWNERS,
    TYPE_NAME,
    bare,
    function_of,
    named,
    type_of,
)


# Values of options that may be secret are not read.
def _options(array: str) -> str:
    return (
        f"(SELECT string_agg(CASE WHEN each ~* '^[^=]*(pass|secret|token|key)' THEN split_part(each, '=', 1)"
        f" ELSE each END, ', ' ORDER BY each COLLATE \"C\") FROM unnest({array}) AS each)"
    )


# --- functions and types --------------------------------------------------------------------------------------------

_FUNCTIONS = f"""
SELECT {FUNCTION_NOUN}, {FUNCTION_NOUN} || ' ' || {FUNCTION_NAME}, '',
       CASE WHEN f.prokind <> 'a' THEN pg_get_functiondef(f.oid) ELSE
         (SELECT concat_ws(', ', to_jsonb(g) - ARRAY['aggfnoid', 'aggtranstype', 'aggmtranstype', 'aggsortop'],
            {type_of("g.aggtranstype")}, {type_of("g.aggmtranstype")}, nullif(g.aggsortop, 0)::regoperator,
            f.proparallel, pg_get_function_arguments(f.oid))
          FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid = f.oid) END
{named("pg_proc", "f", "pro")}
"""
_RANGES = f"""
SELECT 'range type', 'range type ' || {TYPE_NAME}, '', concat_ws(' ', {type_of("r.rngsubtype")},
       'MULTIRANGE ' || {type_of("(to_jsonb(r)->>'rngmultitypid')::oid")}, (SELECT 'OPERATOR CLASS ' || o.opcname
       FROM pg_catalog.pg_opclass o WHERE o.oid = r.rngsubopc), 'COLLATE ' || nullif(r.rngcollation, 0)::regcollation,
       'CANONICAL ' || {function_of("r.rngcanonical")}, 'DIFF ' || {function_of("r.rngsubdiff")})
{named("pg_type", "t", "typ").replace(" WHERE ", " JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid WHERE ", 1)}
"""
_BASE_TYPES = f"""
SELECT 'base type', 'base type ' || {TYPE_NAME}, '', concat_ws(' ', {function_of("t.typinput")},
       {function_of("t.typoutput")}, {function_of("t.typreceive")}, {function_of("t.typsend")}, t.typlen, t.typbyval,
       t.typalign, t.typstorage, t.typcategory, t.typispreferred, t.typdelim, t.typdefault)
{named("pg_type", "t", "typ")} AND t.typtype = 'b' AND t.typelem = 0
"""
_DOMAIN_CONSTRAINTS = f"""
SELECT 'domain constraint', 'domain constraint ' || k.conname || ' of ' || {TYPE_NAME}, 'domain ' || {TYPE_NAME},
       pg_get_constraintdef(k.oid)
{
    named("pg_type", "t", "typ").replace(
        " WHERE ", " JOIN pg_catalog.pg_constraint k ON k.contypid = t.oid AND k.contype = 'c' WHERE ", 1
    )
}
"""
_COLLATIONS = f"""
SELECT 'collation', 'collation ' || {qualified_as("n.nspname", "l.collname")}, '',
       (to_jsonb(l) - ARRAY['oid', 'collname', 'collnamespace', 'collowner', 'collversion', 'collencoding'])::text
{named("pg_collation", "l", "coll")}
"""
_CONVERSIONS = f"""
SELECT 'conversion', 'conversion ' || {qualified_as("n.nspname", "v.conname")}, '', concat_ws(' ',
       pg_encoding_to_char(v.conforencoding), pg_encoding_to_char(v.contoencoding), v.conproc, v.condefault)
{named("pg_conversion", "v", "con")}
"""
_CASTS = f"""
SELECT 'cast', 'cast ' || {type_of("b.castsource")} || ' to ' || {type_of("b.casttarget")}, '',
       concat_ws(' ', {function_of("b.castfunc")}, b.castmethod, b.castcontext)
{bare("pg_cast", "b")}
"""
_OPERATORS = f"""
SELECT 'operator', 'operator ' || o.oid::regoperator::text, '', concat_ws(' ', o.oprcode, {type_of("o.oprresult")},
       'COMMUTATOR ' || nullif(o.oprcom, 0)::regoperator, 'NEGATOR ' || nullif(o.oprnegate, 0)::regoperator,
       'RESTRICT ' || {function_of("o.oprrest")}, 'JOIN ' || {function_of("o.oprjoin")}, o.oprcanhash, o.oprcanmerge)
{named("pg_operator", "o", "opr")}
"""
_OPERATOR_CLASSES = f"""
SELECT 'operator class', 'operator class ' || {qualified_as("n.nspname", "o.opcname")} || ' using ' ||
       (SELECT amname FROM pg_catalog.pg_am WHERE oid = o.opcmethod), '', concat_ws(' ', {type_of("o.opcintype")},
       o.opcdefault, {type_of("o.opckeytype")}, (SELECT opfname FROM pg_catalog.pg_opfamily WHERE oid = o.opcfamily))
{named("pg_opclass", "o", "opc")}
"""
_OPERATOR_FAMILIES = f"""
SELECT 'operator family', 'operator family ' || {qualified_as("n.nspname", "o.opfname")} || ' using ' ||
       (SELECT amname FROM pg_catalog.pg_am WHERE oid = o.opfmethod), '', concat_ws(', ',
       (SELECT string_agg(concat_ws(' ', m.amopstrategy, m.amopopr::regoperator, m.amoppurpose), ', ' ORDER BY
          m.amopstrategy, m.amopopr::regoperator::text) FROM pg_catalog.pg_amop m WHERE m.amopfamily = o.oid),
       (SELECT string_agg(concat_ws(' ', m.amprocnum, m.amproc::regprocedure), ', ' ORDER BY
          m.amprocnum, m.amproc::regprocedure::text) FROM pg_catalog.pg_amproc m WHERE m.amprocfamily = o.oid))
{named("pg_opfamily", "o", "opf")}
"""

# --- what else a database has ---------------------------------------------------------------------------------------

_TEXT_SEARCH = MANY.join(
    (
        f"""SELECT 'text search configuration',
        'text search configuration ' || {qualified_as("n.nspname", "o.cfgname")}, '',
        concat_ws(', ', (SELECT prsname FROM pg_catalog.pg_ts_parser WHERE oid = o.cfgparser),
          (SELECT string_agg(concat_ws(' ', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), ', '
             ORDER BY m.maptokentype, m.mapseqno) FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = o.oid))
        {named("pg_ts_config", "o", "cfg")}""",
        f"""SELECT 'text search dictionary', 'text search dictionary ' || {qualified_as("n.nspname", "o.dictname")}, '',
        concat_ws(' ', (SELECT tmplname FROM pg_catalog.pg_ts_template WHERE oid = o.dicttemplate), o.dictinitoption)
        {named("pg_ts_dict", "o", "dict")}""",
        f"""SELECT 'text search parser', 'text search parser ' || {qualified_as("n.nspname", "o.prsname")}, '',
        concat_ws(' ', o.prsstart, o.prstoken, o.prsend, o.prsheadline, o.prslextype)
        {named("pg_ts_parser", "o", "prs")}""",
        f"""SELECT 'text search template', 'text search template ' || {qualified_as("n.nspname", "o.tmplname")}, '',
        concat_ws(' ', o.tmplinit, o.tmpllexize) {named("pg_ts_template", "o", "tmpl")}""",
    )
)
_LANGUAGES = MANY.join(
    (
        f"""SELECT 'language', 'language ' || b.lanname, '', concat_ws(' ', {function_of("b.lanplcallfoid")},
        {function_of("b.laninline")}, {function_of("b.lanvalidator")}, b.lanpltrusted) {bare("pg_language", "b")}""",
        f"""SELECT 'transform', 'transform of ' || {type_of("b.trftype")} || ' for ' ||
        (SELECT lanname FROM pg_catalog.pg_language WHERE oid = b.trflang), '',
        concat_ws(' ', {function_of("b.trffromsql")}, {function_of("b.trftosql")}) {bare("pg_transform", "b")}""",
        f"""SELECT 'access method', 'access method ' || b.amname, '', concat_ws(' ', b.amhandler, b.amtype)
        {bare("pg_am", "b")}""",
    )
)
_EVENT_TRIGGERS = f"""
SELECT 'event trigger', 'event trigger ' || b.evtname, '', concat(b.evtevent, ' ', b.evttags::text, ' EXECUTE ',
       b.evtfoid::regprocedure, {STATES.format("b.evtenabled")})
{bare("pg_event_trigger", "b")}
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
{bare("pg_publication", "b")}
"""
_FOREIGN = MANY.join(
    (
        f"""SELECT 'foreign data wrapper', 'foreign data wrapper ' || b.fdwname, '', concat_ws(' ',
        {function_of("b.fdwhandler")}, {function_of("b.fdwvalidator")}, {_options("b.fdwoptions")})
        {bare("pg_foreign_data_wrapper", "b")}""",
        f"""SELECT 'foreign server', 'foreign server ' || b.srvname, '', concat_ws(' ', (SELECT fdwname
        FROM pg_catalog.pg_foreign_data_wrapper WHERE oid = b.srvfdw), b.srvtype, b.srvversion,
        {_options("b.srvoptions")}) {bare("pg_foreign_server", "b")}""",
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
            OWNERS,
            GRANTS,
            DEFAULT_PRIVILEGES,
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
