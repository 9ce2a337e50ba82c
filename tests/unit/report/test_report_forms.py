"""The record's renderings: valid in their form, complete, and nothing of a name becomes markup."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from migrations_tools.journal import Journal, Run
from migrations_tools.proofs.proof import Proof
from migrations_tools.report import junit, markdown, page, sarif
from migrations_tools.report.console import Console
from migrations_tools.report.page import diagram, revisions
from migrations_tools.report.record import note, proofs_json
from migrations_tools.report.terminal import show_proofs
from migrations_tools.review.ruleset import RULES
from tests.support.records import NASTY, record

# Microsoft publishes the standard's own schema in it.
SARIF_PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"


def test_the_record_is_as_its_published_schema_says() -> None:
    schema = json.loads(files("migrations_tools.report").joinpath("run-record.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(record())
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(record(verdict="fine"))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(record(secret="x"))


def test_every_proof_and_every_finding_is_a_junit_case() -> None:
    root = ElementTree.fromstring(junit.render(record()))
    cases = root.findall(".//testcase")
    outcomes = {case.get("name"): [child.tag for child in case] for case in cases}
    assert outcomes == {
        "The database is at head": ["system-out"],
        "Every route answers": ["failure"],
        "Every table of the models is there": ["failure"],
        "The machine is as it was": ["skipped"],
        "FD01 users.uq_users_email": ["failure"],
        "DT01 users.locale": ["system-out"],
        "LK01 users.ix_a": ["failure"],
        "AG10 users.name": ["system-out"],
    }
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("8", "4", "1")
    assert [(suite.get("tests"), suite.get("failures")) for suite in root] == [("4", "2"), ("4", "2")]
    placed = next(case for case in cases if case.get("classname") == "LK01")
    assert (placed.get("file"), placed.get("line")) == ("versions/b2 add.py", "2")


def test_every_rendering_groups_differences_by_table_with_both_definitions_and_the_revision() -> None:
    text = ElementTree.fromstring(junit.render(record())).find(
        ".//testcase[@name='Every table of the models is there']"
    )
    assert text is not None
    assert (text.findtext("failure") or "").splitlines()[:5] == [
        "users",
        "  column users.name differs",
        "    migrations: text",
        "    models:     integer",
        "    created by revision a1 (a1.py:7)",
    ]
    said = markdown.render(record()).splitlines()
    at = said.index("#### users")
    assert said[at + 4] == "| column users.name differs | text | integer | created by revision a1 (a1.py:7) |"
    html = page.render(record())
    row = "<td>column users.name differs</td><td><code>text</code></td><td><code>integer</code></td>"
    assert f"{row}<td>created by revision a1 (a1.py:7)</td>" in html
    assert "no revision makes it: run <code>invoke generate</code>" in html


def test_sarif_is_valid_and_puts_findings_on_the_migrations_line() -> None:
    document = json.loads(sarif.render(record()))
    (run,) = document["runs"]
    assert len(run["tool"]["driver"]["rules"]) == len(RULES)
    told = [(each["level"], each["message"]["text"]) for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert ("error", "Every route answers: failed, 2 problems") in told
    assert ("warning", f"The database is at head: api: {NASTY} (3 times)") in told
    results = {item["ruleId"]: item for item in run["results"]}
    assert {code: (item["kind"], item["level"]) for code, item in results.items()} == {
        "FD01": ("fail", "error"),
        "DT01": ("informational", "none"),
        "LK01": ("fail", "error"),
        "AG10": ("fail", "note"),
    }
    where = results["LK01"]["locations"][0]["physicalLocation"]
    assert where == {
        "artifactLocation": {"uri": "versions/b2%20add.py", "uriBaseId": "PROJECT"},
        "region": {"startLine": 2},
    }
    own = results["FD01"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert own == "versions/b2_add.py"
    assert results["FD01"]["ruleIndex"] == [rule.code for rule in RULES].index("FD01")


def test_sarif_is_valid_against_the_public_schema(tmp_path: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("the public schema comes in a package of npm, which is not here")
    command = ["npm", "pack", "--silent", SARIF_PACKAGE]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("the npm registry cannot be reached, and the public schema comes from there")
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as package:
        member = package.extractfile("package/lib/schemas/sarif-2.1.0-rtm.5.json")
        assert member is not None
        schema = json.load(member)
    validator = jsonschema.Draft7Validator(schema)
    validator.validate(json.loads(sarif.render(record())))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"version": "2.1.0", "runs": [{"results": []}]})


def test_warnings_and_the_lines_of_a_log_are_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    warned = {
        "claim": "c",
        "outcome": "passed",
        "evidence": "e",
        "details": [],
        "warnings": ["bot: early (3 times)"],
        "groups": [],
    }
    failed = {**warned, "outcome": "failed", "details": ["GET /a: 500\n  File\n  KeyError: 1"]}
    document = record(proofs=[warned, failed])
    told = ElementTree.fromstring(junit.render(document))
    assert next(element.text for element in told.iter("system-out")) == "e\nwarning: bot: early (3 times)"
    assert next(element.text for element in told.iter("failure")) == (
        "GET /a: 500\n  File\n  KeyError: 1\nwarning: bot: early (3 times)"
    )
    assert "GET /a: 500<br>  File<br>  KeyError: 1<br>⚠️ bot: early (3 times) |" in markdown.render(document)
    text = page.render(document)
    assert "<pre>  File\n  KeyError: 1</pre>" in text
    assert '<li class="warning">Warning: bot: early (3 times)</li>' in text
    show_proofs(Console(), [Proof("c", "failed", "e", tuple(failed["details"]), tuple(failed["warnings"]))])
    assert capsys.readouterr().out == (
        "✘ c\n    e\n      GET /a: 500\n        File\n        KeyError: 1\n    ! warning: bot: early (3 times)\n"
    )


def test_a_warning_changes_no_verdict(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "_temp")
    run = Run(id="r", project="p", temp_project="p_temp", engine="embedded", started=1.0, token="t")
    proof = Proof("c", "passed", "e", (), ("early",))
    journal.begin(run)
    told = note(journal, [], proofs=proofs_json([proof]))
    assert (told["verdict"], told["proofs"][0]["warnings"]) == ("passed", ["early"])


def test_markdown_tells_all_and_escapes_names() -> None:
    text = markdown.render(record())
    assert text.startswith("## ❌ Something failed: shop \\<script\\>")
    for words in (
        "**FD01** ✋ held back",
        "**DT01** 🔧 repaired",
        "`versions/b2 add.py:2`",
        "| ❌ | Every route answers |",
    ):
        assert words in text
    assert "<script" not in text.replace("\\<script", "")
    assert "````python" in text  # the file itself has three backticks


def test_the_page_has_every_part_and_no_name_becomes_markup() -> None:
    text = page.render(record())
    assert text.count("<script>") == 1
    assert text.count("</script>") == 1
    assert 'content="default-src ' in text
    for words in ("Proofs", "Findings", "Operations", "New migrations", "Time", "Schema", "History", "Versions"):
        assert f">{words}</h2>" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "https://" not in text


def test_a_page_of_an_empty_record_stands() -> None:
    empty = {
        key: [] for key in ("steps", "made", "removed", "revisions", "operations", "findings", "proofs", "history")
    }
    text = page.render(record(**empty, schema={}, verdict="incomplete"))
    assert "Not everything was checked" in text
    assert "The review found nothing." in text


def test_tables_are_placed_right_of_what_they_refer_to_and_never_on_each_other() -> None:
    tables = record()["schema"]["shop"]
    boxes = diagram.place(tables)
    assert set(boxes) == {"users", "teams", "notes", NASTY}
    assert boxes["users"].x < boxes["teams"].x == boxes["notes"].x
    places = [(box.x, box.y, box.y + box.height) for box in boxes.values()]
    for index, (x, top, bottom) in enumerate(places):
        for other_x, other_top, other_bottom in places[index + 1 :]:
            assert x != other_x or bottom <= other_top or other_bottom <= top


def test_tables_that_refer_to_each_other_are_all_placed() -> None:
    ring = [
        {
            "name": str(number),
            "new": False,
            "columns": [],
            "foreign_keys": [{"name": "f", "columns": [], "table": str((number + 1) % 2000)}],
        }
        for number in range(2000)
    ]
    assert len(diagram.place(ring)) == 2000


def test_branches_of_the_history_get_lanes_of_their_own() -> None:
    spots = revisions.place(record()["history"])
    lanes = {name: spot.lane for name, spot in spots.items()}
    assert lanes == {"d4": 0, "b2": 0, "c3": 1, "a1": 0}
    assert [spot.row for spot in spots.values()] == [0, 1, 2, 3]
