"""Every way out that a finding prints to be pasted: taken on the documentation's examples, it leads where it says.

An option (`--allow`, `--rename`, `--rename-table`, `--backfill`) is given to a second review of the same example, whose
file is executed: the finding is gone, and the file goes up and down. Printed SQL is run on the database: the same.
One example of each way that is printed; `WAYS_OUT=all` takes those of all rules.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrations_tools.review.findings import Finding
from migrations_tools.review.ruleset import RULES
from tests.support.embedded import Server
from tests.support.reviewing import Desk, Example, desk_on, read_example

FOLDER = Path(__file__).parents[2] / "docs" / "rules"
_OF_EACH_WAY = ("FD01", "FD06", "FD07", "FD14", "RN01", "RN02", "DT01", "DT02", "DT05", "IN07", "IN11", "IN12", "EN02")
_CODES = [rule.code for rule in RULES] if os.environ.get("WAYS_OUT") == "all" else _OF_EACH_WAY
EXAMPLES = [FOLDER / code / "unsafe" for code in _CODES]
_OPTION = re.compile(r"invoke generate (--(?:allow|rename-table|rename|backfill|using) .+)")
_STATEMENT = re.compile(r"  ([A-Z].*;)")
# What must not come of an executed file: it fails, loses rows unsaid, or leaves what it was to mend.
_BAD = {"AG12", "AG14", "DT08", "AG09", "DG03", "DG04"}


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_on(postgres_server, tmp_path_factory.mktemp("project")) as found:
        yield found


def with_option(example: Example, printed: str) -> Example:
    """Return the example with an option as it was printed, read as a shell would."""
    option, value = shlex.split(printed)
    settings: dict[str, Any] = dict(example.settings)
    if option in ("--backfill", "--using"):
        name, _, expression = value.partition("=")
        key = option.removeprefix("--")
        settings[key] = {**settings.get(key, {}), name: expression}
    else:
        key = "allow" if option == "--allow" else "rename"
        settings[key] = [*settings.get(key, ()), value]
    return replace(example, settings=settings)


def still_said(found: tuple[Finding, ...], finding: Finding) -> list[Finding]:
    return [each for each in found if (each.code, each.object, each.outcome) == (finding.code, finding.object, "held")]


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.parent.name)
def test_a_printed_way_out_leads_where_it_says(folder: Path, desk: Desk) -> None:
    example = read_example(folder)
    if example.by_hand:
        pytest.skip("a file that somebody wrote is not generated again")
    for finding in (each for each in desk.review(example) if each.outcome != "repaired"):
        for way in finding.ways_out:
            option = _OPTION.search(way)
            if option:
                found = desk.review(with_option(example, option.group(1)))
                assert still_said(found, finding) == [], option.group(1)
                bad = [each for each in found if each.code in _BAD and each.severity in ("hold", "error")]
                assert bad == [], option.group(1)
        statements = [match.group(1) for way in finding.ways_out if (match := _STATEMENT.fullmatch(way))]
        if statements:
            mended = replace(example, database=f"{example.database};\n" + "\n".join(statements).replace("…", "new"))
            assert [each for each in desk.review(mended) if each.code == finding.code] == []


INDEXES = (
    "INDEX ix ON t (a DESC)",
    "INDEX ix ON t (a DESC NULLS LAST, lower(name)) WHERE name <> 'a:b, (c'",
    'UNIQUE INDEX ix ON t (name COLLATE "C" text_pattern_ops, "Odd Name") INCLUDE (a, "Odd Name")',
    "INDEX ix ON t (name COLLATE \"C\") WITH (fillfactor='70', deduplicate_items=off)",
    "INDEX ix ON t USING gin (to_tsvector('simple'::regconfig, name))",
    "INDEX ix ON t USING hash (((a)::text || ':x'::text))",
)
MODELS = """
from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()
columns = Column("id", Integer, primary_key=True), Column("a", Integer), Column("name", Text), Column("Odd Name", Text)
Table("t", metadata, *columns, {})
"""
TABLE = 'CREATE TABLE t (id serial PRIMARY KEY, a int, name text, "Odd Name" text)'


@pytest.mark.parametrize("index", INDEXES)
def test_the_line_of_the_model_that_is_printed_for_an_index_makes_that_index(index: str, desk: Desk) -> None:
    example = Example(MODELS.format(""), f"{TABLE}; CREATE {index}")
    (finding,) = [each for each in desk.review(example, executed=False) if each.code == "FD08"]
    printed = re.search(r"write `(.+)` in __table_args__", finding.ways_out[0])
    assert printed
    assert desk.review(replace(example, models=MODELS.format(printed[1])), executed=False) == ()
