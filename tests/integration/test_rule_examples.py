"""The examples of the documentation, `docs/rules/<CODE>/unsafe` and `safe`: each is reviewed for real.

The unsafe one gives its rule's finding and no other above info, the safe one gives none above info. `says.txt` is what
becomes of the operation, and the finding's sentence; `ACCEPT_CASES=1` writes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrations_tools.review.findings import Finding
from migrations_tools.review.ruleset import RULES, of_phase
from tests.support.embedded import Server
from tests.support.requirements import skip_unless_met
from tests.support.reviewing import Desk, desk_on, grave, mended, read_example

FOLDER = Path(__file__).parents[2] / "docs" / "rules"
# The rules that speak when a file has been executed.
EXECUTED = {rule.code for rule in of_phase("executed")} | {"HX06"}
CODES = [rule.code for rule in RULES]
EXAMPLES = [FOLDER / code / sort for code in CODES for sort in ("unsafe", "safe")]


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_on(postgres_server, tmp_path_factory.mktemp("project")) as found:
        yield found


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_the_unsafe_example_gives_the_rules_finding_and_the_safe_one_none(
    folder: Path, desk: Desk, postgres_server: Server
) -> None:
    code, script = folder.parent.name, folder / "database.sql"
    skip_unless_met(postgres_server.url(), script.read_text() if script.exists() else "")
    found = desk.review(read_example(folder), executed=code in EXECUTED)
    assert [item for item in found if not _is_complete(item)] == []
    others = [item for item in grave(found) if item.code != code and not mended(item)]
    if folder.name == "unsafe":  # what is unsafe upwards often cannot be taken back either, and that is said too
        others = [item for item in others if not item.code.startswith("DG")]
    assert [f"{item.code} {item.object}: {item.sentence}" for item in others] == []
    own = [item for item in found if item.code == code]
    if folder.name == "unsafe":
        assert own
        hold(folder / "says.txt", "".join(sorted(f"{item.outcome}: {_steady(item.sentence)}\n" for item in own)))
    else:
        assert grave(own) == []


def _is_complete(item: Finding) -> bool:
    """Return whether a finding has an effect and a way out, and says nothing twice."""
    said = [item.sentence, item.provenance, *item.evidence, item.effect, *item.ways_out]
    lines = [line.rstrip(".") for line in said if line]
    twice = [one for one in lines if any(one in other for other in lines if other is not one)]
    return bool(item.effect and item.ways_out) and twice == []


def _steady(sentence: str) -> str:
    """Leave out what differs from run to run: a commit."""
    return re.sub(r"main \([0-9a-f]{7,}\)", "main", sentence)


def hold(path: Path, text: str) -> None:
    """Compare a text with what is written; with ACCEPT_CASES, write it."""
    if os.environ.get("ACCEPT_CASES"):
        path.write_text(text, encoding="utf-8")
    assert path.exists(), text
    assert text == path.read_text(encoding="utf-8")


def test_every_rule_has_a_code_and_a_name_of_its_own() -> None:
    assert len(set(CODES)) == len(CODES)
    assert len({rule.name for rule in RULES}) == len(RULES)
