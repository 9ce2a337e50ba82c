"""The kinds of types, operators, languages and what belongs to them."""

from __future__ import annotations

from typing import Final

from migrations_tools.catalog.kind_entry import Kind

TYPE_KINDS: Final[tuple[Kind, ...]] = (
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
)
