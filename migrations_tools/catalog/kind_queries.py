"""The questions for what models seldom state: policies, triggers, functions, grants, owners and the like.

Two statements, each a union: of relations (the first field is the relation's oid), and of everything else (the first
field is `REST`). Every row has the relation, the kind's name as in `kinds.KINDS`, the printed identity, the identity
of the object that it belongs to, the qualified name of its table, and a definition that PostgreSQL prints. Members of
extensions and temporary objects are left out. Sources: PostgreSQL manual, "System Catalogs", "System Information
Functions", "Access Privilege Inquiry Functions". A column that not every version from 12 on has is taken out of the
row's JSON.
"""

from __future__ import annotations

from typing import Final

REST: Final = 1  # in the place of a relation: what belongs to none

MANY = " UNION ALL "


def own(catalog: str, oid: str) -> str:
    """Return the condition that an object is no member of an extension, and no part of a range type."""
    kinds = "('e', 'i')" if catalog in ("pg_proc", "pg_cast") else "('e')"
    return (
        f"NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.{catalog}'::regclass"
        f" AND e.objid = {oid} AND e.deptype IN {kinds})"
    )


def qualified_as(schema: str, name: str) -> str:
    """Return the printed name: with its schema only outside `public`."""
    return f"CASE {schema} WHEN 'public' THEN '' ELSE {schema} || '.' END || {name}"


def listed(array: str) -> str:
    """Return the items of an array of texts, sorted."""
    return f"(SELECT string_agg(each, ', ' ORDER BY each COLLATE \"C\") FROM unnest({array}) AS each)"


DATABASES_OWNER = "(SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database())"
NOT_OF_THE_SYSTEM = "NOT starts_with(n.nspname::text, 'pg_') AND n.nspname <> 'information_schema'"

# --- relations ----------------------------------------------------------------------------------------------------

_TABLE, _OBJECT = "c.tablename", "c.identity"
_NOUN = (
    "CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'"
    " WHEN 'c' THEN 'composite type' ELSE 'table' END"
)
# In the place of the condition which relations are asked for; `only` puts another one there.
_EVERY: Final = "/* all */ true"
_RELATIONS = f"""
SELECT c.*, {_NOUN} || ' ' || c.tablename AS identity
FROM (SELECT c.*, {qualified_as("n.nspname", "c.relname")} AS tablename
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid >= 16384 AND {_EVERY} AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
        AND {NOT_OF_THE_SYSTEM} AND {own("pg_class", "c.oid")}) AS c
"""


def only(statement: str, relations: str) -> str:
    """Return `OF_RELATIONS` for some relations, an array of oids; any other statement as it is."""
    return statement.replace(_EVERY, f"c.oid = ANY ({relations})")


# What a relation's own row says beyond the usual.
_OF_RELATIONS_ROW = f"""
SELECT c.oid, fact.kind, fact.kind || fact.link || fact.what, {_OBJECT}, {_TABLE}, fact.value
FROM c
CROSS JOIN LATERAL (VALUES
  ('row security', ' on ', {_TABLE}, CASE
     WHEN c.relrowsecurity THEN 'enabled' || CASE WHEN c.relforcerowsecurity THEN ', forced' ELSE '' END
     WHEN c.relforcerowsecurity THEN 'forced, not enabled' END),
  ('owner', ' of ', {_OBJECT}, CASE WHEN c.relowner <> {DATABASES_OWNER} AND NOT EXISTS (
     SELECT FROM pg_catalog.pg_depend d WHERE c.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::regclass
     AND d.objid = c.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i'))
     THEN pg_get_userbyid(c.relowner)::text END),
  ('storage parameters', ' of ', {_TABLE}, CASE WHEN c.relkind <> 'v' THEN concat_ws(', ', {listed("c.reloptions")},
     (SELECT 'toast: ' || {listed("t.reloptions")} FROM pg_catalog.pg_class t
      WHERE t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL)) END),
  ('table access method', ' of ', {_TABLE}, (SELECT a.amname::text FROM pg_catalog.pg_am a
     WHERE a.oid = c.relam AND a.amname <> 'heap')),
  ('tablespace', ' of ', {_TABLE}, (SELECT t.spcname::text FROM pg_catalog.pg_tablespace t
     WHERE t.oid = c.reltablespace)),
  ('persistence', ' of ', {_OBJECT}, CASE WHEN c.relkind = 'S' AND c.relpersistence = 'u' THEN 'unlogged' END),
  ('replica identity', ' of ', {_TABLE}, CASE WHEN c.relkind IN ('r', 'p') THEN CASE c.relreplident
     WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN 'USING INDEX' END END),
  ('row type', ' of ', {_TABLE}, CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END),
  ('foreign table options', ' of ', {_TABLE}, (SELECT concat_ws(' ', s.srvname, {listed("f.ftoptions")})
     FROM pg_catalog.pg_foreign_table f JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
     WHERE f.ftrelid = c.oid))
) AS fact (kind, link, what, value)
WHERE fact.value <> '' AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
"""

_INDEX = f"{_TABLE} || '.' || x.relname"
_OF_INDEXES = f"""
SELECT c.oid, fact.kind, fact.kind || ' of index ' || {_INDEX}, 'index ' || {_INDEX}, {_TABLE}, fact.value
FROM c
JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
CROSS JOIN LATERAL (VALUES
  ('storage parameters', CASE WHEN x.reloptions IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_constraint k
     WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')) THEN {listed("x.reloptions")} END),
  ('tablespace', (SELECT t.spcname::text FROM pg_catalog.pg_tablespace t WHERE t.oid = x.reltablespace)),
  ('cluster mark', CASE WHEN i.indisclustered THEN 'CLUSTER ON' END),
  ('replica identity', CASE WHEN i.indisreplident AND c.relreplident = 'i' THEN 'USING INDEX' END),
  ('attachment', CASE WHEN x.relispartition THEN (SELECT 'to ' || h.inhparent::regclass::text
     FROM pg_catalog.pg_inherits h WHERE h.inhrelid = x.oid) END),
  ('statistics target', (SELECT string_agg(a.attnum || ': ' || (to_jsonb(a)->>'attstattarget'), ', ' ORDER BY a.attnum)
     FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid AND (to_jsonb(a)->>'attstattarget')::int >= 0))
) AS fact (kind, value)
WHERE fact.value IS NOT NULL
"""

_COLUMN = f"{_TABLE} || '.' || a.attname"
_STORAGE = "CASE {} WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END"
_NAMED = "right(rtrim(k.conname, '0123456789'), 9) <> '_not_null'"  # PostgreSQL names the others so itself
_OF_COLUMNS = f"""
SELECT c.oid, fact.kind, fact.kind || ' of ' || {_COLUMN}, 'column ' || {_COLUMN}, {_TABLE}, fact.value
FROM c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
CROSS JOIN LATERAL (VALUES
  ('column storage', CASE WHEN a.attstorage <> t.typstorage THEN {_STORAGE.format("a.attstorage")} END),
  ('compression', CASE to_jsonb(a)->>'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END),
  ('statistics target', CASE WHEN (to_jsonb(a)->>'attstattarget')::int >= 0 THEN to_jsonb(a)->>'attstattarget' END),
  ('column options', nullif(concat_ws(', ', {listed("a.attoptions")}, {listed("a.attfdwoptions")}), '')),
  ('view default', CASE WHEN c.relkind = 'v' THEN (SELECT pg_get_expr(d.adbin, d.adrelid)
     FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END),
  ('own column', CASE WHEN a.attinhcount > 0 AND a.attislocal AND NOT c.relispartition
     THEN 'of its own too' END),
  ('not null constraint', (SELECT concat_ws(' ', CASE WHEN {_NAMED} THEN k.conname END,
       CASE WHEN k.connoinherit THEN 'NO INHERIT' END)
     FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey[1] = a.attnum))
) AS fact (kind, value)
WHERE fact.value <> '' AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
"""

_POLICIES = f"""
SELECT c.oid, 'policy', 'policy ' || p.polname || ' on ' || {_TABLE}, {_OBJECT}, {_TABLE},
       concat_ws(' ', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
         'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                   WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
         'TO ' || (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(role)::text END, ', '
                   ORDER BY pg_get_userbyid(role)) FROM unnest(p.polroles) AS role),
         'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
         'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
FROM c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid
"""

STATES = "CASE {} WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' ENABLE REPLICA' WHEN 'A' THEN ' ENABLE ALWAYS' ELSE '' END"
# What a partition has of its parent is told with the parent, but for a state of its own.
_TRIGGERS = f"""
SELECT c.oid, 'trigger', 'trigger ' || t.tgname || ' on ' || {_TABLE}, {_OBJECT}, {_TABLE},
       pg_get_triggerdef(t.oid) || {STATES.format("t.tgenabled")}
FROM c JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid
WHERE NOT t.tgisinternal AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger p
  WHERE p.oid = (to_jsonb(t)->>'tgparentid')::oid AND p.tgenabled = t.tgenabled)
"""
_RULES = f"""
SELECT c.oid, 'rule', 'rule ' || r.rulename || ' on ' || {_TABLE}, {_OBJECT}, {_TABLE},
       pg_get_ruledef(r.oid) || {STATES.format("r.ev_enabled")}
FROM c JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid
WHERE r.rulename <> '_RETURN'
"""
_STATISTICS = f"""
SELECT c.oid, 'extended statistics', 'extended statistics ' || {qualified_as("m.nspname", "s.stxname")},
       {_OBJECT}, {_TABLE},
       pg_get_statisticsobjdef(s.oid) || coalesce(' STATISTICS ' || nullif(to_jsonb(s)->>'stxstattarget', '-1'), '')
FROM c JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = c.oid
JOIN pg_catalog.pg_namespace m ON m.oid = s.stxnamespace
"""
_COMPOSITES = f"""
SELECT c.oid, 'composite type', {_OBJECT}, '', '',
       (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE
          WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END,
          ', ' ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM c
WHERE c.relkind = 'c'
"""

_PRIVILEGES = (
    "SELECT e.grantee, string_agg(DISTINCT e.privilege_type || CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION'"
    " ELSE '' END, ', ') AS privileges FROM aclexplode({}) AS e GROUP BY e.grantee"
)


def granted(acl: str, usual: str) -> str:
    """Return a lateral table of what roles may do where that is not what they may do by default."""
    return (
        f"LATERAL (SELECT CASE coalesce(g.grantee, u.grantee) WHEN 0 THEN 'PUBLIC'"
        f" ELSE pg_get_userbyid(coalesce(g.grantee, u.grantee))::text END AS role,"
        f" coalesce(g.privileges, 'nothing') AS privileges"
        f" FROM ({_PRIVILEGES.format(acl)}) AS g FULL JOIN ({_PRIVILEGES.format(usual)}) AS u ON u.grantee = g.grantee"
        f" WHERE g.privileges IS DISTINCT FROM u.privileges) AS may"
    )


_USUAL = "acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)"
_GRANTS = f"""
SELECT c.oid, 'grant', 'grant to ' || may.role || ' on ' || {_OBJECT}, {_OBJECT}, {_TABLE}, may.privileges
FROM c CROSS JOIN {granted("c.relacl", _USUAL)}
WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
"""
_NOTHING = "acldefault('c'::\"char\", c.relowner)"
_COLUMN_GRANTS = f"""
SELECT c.oid, 'grant', 'grant to ' || may.role || ' on column ' || {_COLUMN}, 'column ' || {_COLUMN}, {_TABLE},
       may.privileges
FROM c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
CROSS JOIN {granted("a.attacl", _NOTHING)}
WHERE a.attacl IS NOT NULL AND a.attnum > 0 AND NOT a.attisdropped
"""
# Those of tables, views and tables' columns are told with these.
_INDEX_COMMENTS = f"""
SELECT c.oid, 'comment', 'comment on index ' || {_INDEX}, 'index ' || {_INDEX}, {_TABLE},
       quote_literal(d.description)
FROM c JOIN pg_catalog.pg_index i ON i.indrelid = c.oid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_description d ON d.objoid = x.oid AND d.classoid = 'pg_catalog.pg_class'::regclass
"""
_RELATION_COMMENTS = f"""
SELECT c.oid, 'comment', concat('comment on ',
         CASE WHEN a.attname IS NULL THEN {_OBJECT} ELSE 'column ' || {_COLUMN} END),
       {_OBJECT}, {_TABLE}, quote_literal(d.description)
FROM c JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
WHERE c.relkind IN ('S', 'c') OR c.relkind IN ('v', 'm') AND d.objsubid > 0
"""
# Whether the statement above can have a row for some relations. One line for what each of its parts reads: to begin
# with that is cheaper than the statement, and most relations have nothing of it.
_IN = "= ANY ({relations})"
_MAY_HAVE = (
    f"""pg_catalog.pg_class c WHERE c.oid {_IN} AND (c.relkind IN ('f', 'c') OR c.relacl IS NOT NULL
       OR c.relrowsecurity OR c.relforcerowsecurity OR c.relowner <> {DATABASES_OWNER} OR c.reloptions IS NOT NULL
       OR c.relkind IN ('r', 'p', 'm') AND c.relam NOT IN (0, 2) OR c.reltablespace <> 0
       OR c.relkind = 'S' AND c.relpersistence = 'u'
       OR c.relkind IN ('r', 'p') AND c.relreplident <> 'd' OR c.reloftype <> 0
       OR EXISTS (SELECT FROM pg_catalog.pg_class t WHERE t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL))""",
    f"""pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid {_IN}
       AND (x.reloptions IS NOT NULL OR x.reltablespace <> 0 OR i.indisclustered OR i.indisreplident OR x.relispartition
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.oid AND a.attstattarget >= 0)
       OR EXISTS (SELECT FROM pg_catalog.pg_description d WHERE d.objoid = x.oid
                  AND d.classoid = 'pg_catalog.pg_class'::regclass))""",
    f"""pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
       WHERE a.attrelid {_IN} AND a.attnum > 0 AND NOT a.attisdropped AND (a.attstorage <> t.typstorage
       OR a.attstattarget >= 0 OR a.attoptions IS NOT NULL OR a.attfdwoptions IS NOT NULL OR a.attacl IS NOT NULL
       OR a.attinhcount > 0 OR to_jsonb(a)->>'attcompression' <> '')""",
    f"""pg_catalog.pg_attrdef d JOIN pg_catalog.pg_class c ON c.oid = d.adrelid
       WHERE d.adrelid {_IN} AND c.relkind NOT IN ('r', 'p')""",
    f"""pg_catalog.pg_constraint k
       WHERE k.conrelid {_IN} AND k.contype = 'n' AND ({_NAMED} OR k.connoinherit)""",
    f"pg_catalog.pg_policy p WHERE p.polrelid {_IN}",
    f"pg_catalog.pg_trigger t WHERE t.tgrelid {_IN} AND NOT t.tgisinternal",
    f"pg_catalog.pg_rewrite r WHERE r.ev_class {_IN} AND r.rulename <> '_RETURN'",
    f"pg_catalog.pg_statistic_ext s WHERE s.stxrelid {_IN}",
    f"""pg_catalog.pg_description d JOIN pg_catalog.pg_class c ON c.oid = d.objoid
       WHERE d.objoid {_IN} AND d.classoid = 'pg_catalog.pg_class'::regclass AND c.relkind NOT IN ('r', 'p')""",
)
MAY_HAVE: Final = " OR ".join(f"EXISTS (SELECT FROM {each})" for each in _MAY_HAVE)

OF_RELATIONS: Final = (
    f"WITH c AS MATERIALIZED ({_RELATIONS}) SELECT * FROM ("
    + MANY.join(
        (
            _OF_RELATIONS_ROW,
            _OF_INDEXES,
            _OF_COLUMNS,
            _POLICIES,
            _TRIGGERS,
            _RULES,
            _STATISTICS,
            _COMPOSITES,
            _GRANTS,
            _COLUMN_GRANTS,
            _INDEX_COMMENTS,
            _RELATION_COMMENTS,
        )
    )
    + ") AS object (relation, kind, identity, of, tablename, definition) ORDER BY relation, kind, identity"
)
