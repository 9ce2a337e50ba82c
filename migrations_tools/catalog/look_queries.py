"""The questions of `change_queries` as one function of one session: a look is one call.

To plan these statements takes longer than to run them: PL/pgSQL plans each once in a session. It is a temporary
function, for nobody else can see it, and it is gone with the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from migrations_tools.catalog import change_queries, kind_queries, read_queries
from migrations_tools.catalog.change_queries import GLOBAL, REST
from migrations_tools.catalog.model import quoted

# How many fields the rows of `read_queries.OF_RELATIONS` have.
_WIDTHS: Final = (9, 8, 14, 11, 11, 10, 6, 6)
_NAME = "migrations_tools_look"
# Gives a row where the function can be called; without a row, what is asked next is not run.
OR_ELSE: Final = "/* or nothing more */ "
STILL_THERE: Final = (
    f"{OR_ELSE}SELECT 1 FROM pg_catalog.pg_proc WHERE pronamespace = pg_catalog.pg_my_temp_schema()"
    f" AND proname = '{_NAME}' AND pg_catalog.has_schema_privilege(pronamespace, 'USAGE')"
)
# Not all of its settings are there before PostgreSQL 12; an event trigger of the project's own would take the function
# for a migration's.
CAN_BE_MADE: Final = """
SELECT current_setting('server_version_num')::int >= 120000
   AND has_database_privilege(current_database(), 'TEMP') AND NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger)
   AND EXISTS (SELECT FROM pg_catalog.pg_language WHERE lanname = 'plpgsql' AND has_language_privilege(oid, 'USAGE'))
"""
# For one plan, made before it is known how little is asked for: it must not read all of a catalog for one relation.
_SETTINGS: Final[Mapping[str, str]] = {
    **read_queries.PRINTING,
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
}


def _gathered(statement: str, width: int) -> str:
    """Return the rows of a statement for the relations in `touched`, as JSON."""
    fields = [f"f{number}" for number in range(1, width)]
    return (
        f"(SELECT json_agg(json_build_array(q.relation::bigint, {', '.join(f'q.{field}' for field in fields)}))"
        f" FROM ({kind_queries.only(statement, 'touched')}) AS q (relation, {', '.join(fields)})"
        " WHERE q.relation = ANY (touched))"
    )


def _gathered_whole(statement: str, width: int) -> str:
    fields = ", ".join(f"f{number}" for number in range(width))
    return f"(SELECT json_agg(json_build_array({fields})) FROM ({statement}) AS q ({fields}))"


def _setting(name: str, value: str) -> str:
    """Write a setting; `search_path` is a list of names, each a value."""
    values = value.split(", ") if name == "search_path" else [value]
    return f"SET {name} = {', '.join(map(quoted, values))}"


_GENERAL_WIDTHS: Final = (2, 2, 1, 4, 8)
_GENERAL = ", ".join(_gathered_whole(*each) for each in zip(change_queries.GENERAL, _GENERAL_WIDTHS, strict=True))
_OF_EACH = [_gathered(*each) for each in zip(read_queries.OF_RELATIONS, _WIDTHS, strict=True)]
_OF_KIND = "EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = ANY (touched) AND relkind IN ({}))"
# When the statements of `read_queries.OF_RELATIONS` can have a row.
_WHEN = (
    "true",
    _OF_KIND.format("'v', 'm'"),
    _OF_KIND.format("'S'"),
    "true",
    "true",
    "true",
    kind_queries.MAY_HAVE.format(relations="touched"),
    f"{REST} = ANY (touched)",
)
_GATHERED = "\n".join(
    f"  IF {when} THEN rows[{number}] := {each}; END IF;"
    for number, (when, each) in enumerate(zip(_WHEN, _OF_EACH, strict=True), start=1)
)
FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION pg_temp.{_NAME}(since xid, given oid[], renamed oid[], types boolean)
RETURNS text LANGUAGE plpgsql {" ".join(_setting(*each) for each in _SETTINGS.items())} AS $look$
#variable_conflict use_column
DECLARE
  touched oid[] := given;
  objects bigint;
  changed text;
  following text;
  general json;
  rest_present text;
  rows json[] := array_fill(NULL::json, ARRAY[{len(_OF_EACH)}]);
BEGIN
  IF $1 IS NOT NULL THEN
    SELECT * INTO objects, changed, following FROM ({change_queries.CHANGES.format(since="$1")}) AS found;
    touched := touched || string_to_array(changed, ' ')::oid[];
  END IF;
  IF $4 OR $3 <> '{{}}' THEN
    touched := touched || ARRAY({change_queries.DEPENDENTS.format(relations="$3", types="$4")});
  END IF;
  touched := ARRAY(SELECT DISTINCT each FROM unnest(touched) AS each);
  IF {GLOBAL} = ANY (touched) THEN
    general := json_build_array({_GENERAL});
  END IF;
  IF touched && ARRAY[{GLOBAL}, {REST}]::oid[] THEN
    rest_present := ({change_queries.PRESENT_OF_NONE.format(relations="touched")});
  END IF;
{_GATHERED}
  RETURN json_build_array(objects, touched::bigint[],
    concat_ws(' ', rest_present, ({change_queries.PRESENT_OF_RELATIONS.format(relations="touched")})),
    following, general, array_to_json(rows));
END
$look$
"""


def call(since: str | None, given: str, renamed: str, types: bool) -> str:
    """Return the call of `FUNCTION`: its one row has one field, a JSON array.

    `since` is a transaction, or None to read only what is given: relations, and those that show the names of `renamed`
    ones or of types; both are arrays of oids, as literals.
    """
    which = f"{quoted(since)}::xid" if since else "NULL"
    return f"SELECT pg_temp.{_NAME}({which}, {quoted(given)}, {quoted(renamed)}, {'true' if types else 'false'})"
