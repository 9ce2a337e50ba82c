"""The questions of one look after another: what is as new as a transaction, what is there, and the rows of some of it.

PostgreSQL tells by each catalog row's `xmin` which transaction wrote it; what has vanished is told by its oid. Source:
PostgreSQL manual, "System Columns", "Transaction ID and Snapshot Information Functions" and "PL/pgSQL".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from migrations_tools.catalog import kind_queries, read_queries
from migrations_tools.catalog.model import quoted

GLOBAL: Final = 0  # in the place of a relation: a schema, an extension, an enum type, a domain
GENERAL: Final = read_queries.ALL[: -len(read_queries.OF_RELATIONS)]
REST: Final = kind_queries.REST  # in the place of a relation too: functions, publications and the like
# No transaction is older: age() of this one is the largest (FrozenTransactionId).
EVERYTHING: Final = "2"


class _Kind(NamedTuple):
    """Objects of one kind: the id of each, the relation that it belongs to, where it stands, which are the database's.

    System objects have smaller oids (FirstNormalObjectId).
    """

    id: str
    relation: str
    place: str
    own: str
    sort: str = "true"


# A domain's constraint belongs to no relation, and information_schema has some. Said so that the index is still used.
_A_DOMAINS_OWN: Final = "(conrelid <> 0 OR oid >= 16384)"
_INDEX_COMMENTS: Final = (
    "(SELECT i.indrelid, i.indexrelid, d.objsubid, d.xmin FROM pg_catalog.pg_description d JOIN pg_catalog.pg_index i"
    " ON i.indexrelid = d.objoid WHERE d.objoid >= 16384 AND d.classoid = 'pg_catalog.pg_class'::regclass) AS d"
)
_OF_TYPES: Final = "CASE WHEN typtype IN ('e', 'd') THEN 0 ELSE 1 END"
_TYPES: Final = (
    "(typtype IN ('e', 'd', 'r', 'm') OR typtype = 'b' AND typelem = 0 OR typtype = 'c' AND typacl IS NOT NULL)"
)
# Each session that has something temporary has a schema of its own for it, and the one that looks has.
_OF_NOBODYS_SESSION: Final = "NOT starts_with(nspname::text, 'pg_')"
_NOT_TEMPORARY: Final = "{} NOT IN (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname ~ '^pg_temp')"
# What belongs to no relation: catalogs whose objects have an oid, and which of these count.
_OF_REST: Final = (
    ("pg_proc", _NOT_TEMPORARY.format("pronamespace")),
    *(
        (f"pg_{catalog}", "true")
        for catalog in (
            "collation",
            "conversion",
            "cast",
            "operator",
            "opclass",
            "opfamily",
            "amop",
            "amproc",
            "ts_config",
            "ts_dict",
            "ts_parser",
            "ts_template",
            "language",
            "transform",
            "am",
            "event_trigger",
            "publication",
            "publication_rel",
            "foreign_data_wrapper",
            "foreign_server",
            "default_acl",
            "largeobject_metadata",
        )
    ),
)
# The others: what tells one row from another. Not everybody may read pg_user_mapping, and PostgreSQL 14 has no
# pg_publication_namespace, but what they depend on can be read.
_IN_REST: Final = (
    ("pg_ts_config_map", "mapcfg || '.' || maptokentype || '.' || mapseqno", "mapcfg >= 16384", "true"),
    ("pg_seclabel", "classoid || '.' || objoid || '.' || objsubid || provider", "objoid >= 16384", "true"),
    (
        "pg_description",
        "classoid || '.' || objoid || '.' || objsubid",
        "objoid >= 16384",
        "classoid <> 'pg_catalog.pg_class'::regclass",
    ),
    ("pg_description", "classoid || '.' || objoid", "objoid = 2200", "classoid = 'pg_catalog.pg_namespace'::regclass"),
    (
        "pg_depend",
        "classid || '.' || objid || '.' || refobjid",
        "objid >= 16384",
        "classid IN ('pg_catalog.pg_user_mapping'::regclass, to_regclass('pg_catalog.pg_publication_namespace'))",
    ),
)
# Everything of a database's own that a schema is made of.
_KINDS: Final = (
    _Kind("'r' || oid", "oid", "pg_catalog.pg_class", "oid >= 16384", "relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')"),
    _Kind("'i' || indexrelid", "indrelid", "pg_catalog.pg_index", "indrelid >= 16384"),
    _Kind("'k' || oid", "conrelid", "pg_catalog.pg_constraint", "oid >= 16384", _A_DOMAINS_OWN),
    _Kind("'d' || oid", "adrelid", "pg_catalog.pg_attrdef", "oid >= 16384"),
    _Kind(
        "'c' || objoid || '.' || objsubid",
        "objoid",
        "pg_catalog.pg_description",
        "objoid >= 16384",
        "classoid = 'pg_catalog.pg_class'::regclass",
    ),
    _Kind("'h' || inhrelid || '.' || inhparent", "inhrelid", "pg_catalog.pg_inherits", "inhrelid >= 16384"),
    _Kind("'t' || oid", _OF_TYPES, "pg_catalog.pg_type", "oid >= 16384", _TYPES),
    _Kind("'e' || oid", "0", "pg_catalog.pg_enum", "oid >= 16384"),
    _Kind("'n' || oid", "0", "pg_catalog.pg_namespace", "(oid >= 16384 OR nspname = 'public')", _OF_NOBODYS_SESSION),
    _Kind("'x' || oid", "0", "pg_catalog.pg_extension", "oid >= 16384"),
    _Kind("'p' || oid", "polrelid", "pg_catalog.pg_policy", "polrelid >= 16384"),
    _Kind("'g' || oid", "tgrelid", "pg_catalog.pg_trigger", "tgrelid >= 16384"),
    _Kind("'w' || oid", "ev_class", "pg_catalog.pg_rewrite", "ev_class >= 16384"),
    _Kind("'s' || oid", "stxrelid", "pg_catalog.pg_statistic_ext", "stxrelid >= 16384"),
    _Kind("'j' || indexrelid || '.' || objsubid", "indrelid", _INDEX_COMMENTS, "indrelid >= 16384"),
    *(_Kind(f"'{catalog}' || oid", "1", f"pg_catalog.{catalog}", "oid >= 16384", sort) for catalog, sort in _OF_REST),
    *(_Kind(f"'{catalog}' || {row}", "1", f"pg_catalog.{catalog}", own, sort) for catalog, row, own, sort in _IN_REST),
)
_SMALL: Final = frozenset(
    kind.place for kind in _KINDS if kind.relation == "1" and kind.place != "pg_catalog.pg_proc"
) | {"pg_catalog.pg_policy", "pg_catalog.pg_statistic_ext", "pg_catalog.pg_extension", "pg_catalog.pg_inherits"}
_COUNTED = " UNION ALL ".join(
    f"SELECT count(*), string_agg(DISTINCT {kind.relation}::text, ' ') FILTER (WHERE age(xmin) <= age({{since}}))"
    f" FROM {kind.place} WHERE {kind.own} AND {kind.sort}"
    for kind in _KINDS
    if kind.place not in _SMALL
)
# Catalogs of which few databases have anything: an aggregate each would take longer than the counting.
_COUNTED_TOGETHER = " UNION ALL ".join(
    f"SELECT {kind.relation}::oid, xmin FROM {kind.place} WHERE {kind.own} AND {kind.sort}"
    for kind in _KINDS
    if kind.place in _SMALL
)
_IDS = " UNION ALL ".join(f"SELECT {kind.id} FROM {kind.place} WHERE {kind.own} AND {kind.sort}" for kind in _KINDS)


def _ids_of(kinds: Iterable[_Kind]) -> str:
    """Return the ids of objects with their relations, by which there are indexes."""
    return " UNION ALL ".join(
        f"SELECT {kind.id} || ':' || {kind.relation} FROM {kind.place} WHERE {kind.relation} = ANY ({{relations}})"
        f" AND {kind.sort} AND {kind.own}"
        for kind in kinds
    )


_OF_NONE: Final = ("0", "1", _OF_TYPES)  # what belongs to no relation is all of the database's own

# How many objects there are; the relations of those that are as new as a transaction (by their rows' xmin), and those
# that have something else so new; and the oldest transaction of which something may come yet.
CHANGES: Final = f"""
SELECT sum(kind.count)::bigint, concat_ws(' ', string_agg(kind.relations, ' '),
       (SELECT string_agg(DISTINCT coalesce(i.indrelid, relation)::text, ' ') FROM (
          SELECT attrelid, age(xmin) FROM pg_catalog.pg_attribute WHERE attrelid >= 16384 AND attnum > 0
          UNION ALL SELECT seqrelid, age(xmin) FROM pg_catalog.pg_sequence WHERE seqrelid >= 16384
          UNION ALL SELECT ftrelid, age(xmin) FROM pg_catalog.pg_foreign_table WHERE ftrelid >= 16384
          UNION ALL SELECT oid, age(xmin) FROM pg_catalog.pg_class WHERE oid >= 16384 AND relkind IN ('i', 'I')
        ) AS changed (relation, age) LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = changed.relation
        WHERE age <= age({{since}}))),
       mod(txid_snapshot_xmin(txid_current_snapshot()), 4294967296)::text
FROM (
  {_COUNTED}
  UNION ALL SELECT count(*), string_agg(DISTINCT relation::text, ' ') FILTER (WHERE age(since) <= age({{since}}))
  FROM ({_COUNTED_TOGETHER}) AS object (relation, since)
) AS kind (count, relations)
"""
PRESENT: Final = f"SELECT string_agg(id, ' ') FROM ({_IDS}) AS object (id)"
_PRESENT_OF = "SELECT string_agg(id, ' ') FROM ({}) AS object (id)"
PRESENT_OF_RELATIONS: Final = _PRESENT_OF.format(_ids_of(kind for kind in _KINDS if kind.relation not in _OF_NONE))
PRESENT_OF_NONE: Final = _PRESENT_OF.format(_ids_of(kind for kind in _KINDS if kind.relation in _OF_NONE))

# Relations whose printed definitions hold the name of another (foreign keys, partitions, views), or of a type or schema
# of the database's own.
DEPENDENTS: Final = """
SELECT '1'::oid WHERE {types} OR EXISTS (
  SELECT FROM pg_catalog.pg_class c
  CROSS JOIN LATERAL (VALUES ('pg_catalog.pg_class'::regclass, c.oid), ('pg_catalog.pg_type'::regclass, c.reltype),
    ('pg_catalog.pg_type'::regclass, (SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = c.reltype))
  ) AS own (class, id)
  JOIN pg_catalog.pg_depend d ON d.refclassid = own.class AND d.refobjid = own.id
  WHERE c.oid = ANY ({relations}) AND d.classid NOT IN ('pg_catalog.pg_class'::regclass,
    'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_constraint'::regclass,
    'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_policy'::regclass)
) OR EXISTS (
  SELECT FROM (
    SELECT 'pg_catalog.pg_constraint'::regclass, oid FROM pg_catalog.pg_constraint WHERE conrelid = ANY ({relations})
    UNION ALL SELECT 'pg_catalog.pg_trigger'::regclass, oid FROM pg_catalog.pg_trigger WHERE tgrelid = ANY ({relations})
    UNION ALL SELECT 'pg_catalog.pg_policy'::regclass, oid FROM pg_catalog.pg_policy WHERE polrelid = ANY ({relations})
    UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass, oid
    FROM pg_catalog.pg_rewrite WHERE ev_class = ANY ({relations})
  ) AS part (class, id) JOIN pg_catalog.pg_description d ON d.classoid = part.class AND d.objoid = part.id)
UNION SELECT coalesce(p.polrelid, t.tgrelid, a.adrelid, k.conrelid, w.ev_class, i.indrelid)
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = d.objid
LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid
LEFT JOIN pg_catalog.pg_attrdef a ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND a.oid = d.objid
LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid
LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
LEFT JOIN pg_catalog.pg_index i ON d.classid = 'pg_catalog.pg_class'::regclass AND i.indexrelid = d.objid
WHERE '1' = ANY ({relations}) AND d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid >= 16384
  AND coalesce(p.polrelid, t.tgrelid, a.adrelid, k.conrelid, w.ev_class, i.indrelid) >= 16384
UNION SELECT coalesce(p.polrelid, t.tgrelid)
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = d.objid
LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = ANY ({relations})
  AND d.classid IN ('pg_catalog.pg_policy'::regclass, 'pg_catalog.pg_trigger'::regclass)
UNION SELECT conrelid FROM pg_catalog.pg_constraint WHERE confrelid = ANY ({relations})
UNION SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = ANY ({relations})
UNION SELECT r.ev_class FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = ANY ({relations})
UNION SELECT a.attrelid FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
WHERE {types} AND a.attnum > 0 AND a.attrelid >= 16384
  AND ('e' IN (t.typtype, e.typtype) OR 'd' IN (t.typtype, e.typtype))
UNION SELECT oid FROM pg_catalog.pg_class WHERE {types} AND oid >= 16384 AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  AND relnamespace >= 16384
"""
PIN = """
SELECT key, current_setting(key), set_config(key, value, false)
FROM jsonb_each_text({settings}::jsonb) AS each (key, value)
"""


def changes(since: str) -> str:
    """Return the question what is as new as a transaction: one row with three fields, as told above."""
    return CHANGES.format(since=f"{quoted(since)}::xid")


def present_of(relations: str) -> str:
    """Return the question which objects some relations have, each with its relation.

    `relations` is an array of oids, as a literal.
    """
    both = f"SELECT concat_ws(' ', ({PRESENT_OF_RELATIONS}), ({PRESENT_OF_NONE}))"
    return both.format(relations=f"{quoted(relations)}::oid[]")


def rows_of(relations: str) -> list[str]:
    """Return the statements of `read_queries.OF_RELATIONS` for some relations only."""
    array = f"{quoted(relations)}::oid[]"
    return [
        f"SELECT q.* FROM ({kind_queries.only(statement, array)}) AS q (relation) WHERE q.relation = ANY ({array})"
        for statement in read_queries.OF_RELATIONS
    ]


def dependents(relations: str, types: bool) -> str:
    """Return the question which relations show the names of some others, or of types and schemas."""
    return DEPENDENTS.format(relations=f"{quoted(relations)}::oid[]", types="true" if types else "false")
