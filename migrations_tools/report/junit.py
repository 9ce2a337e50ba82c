"""The record as JUnit XML: each proof and each finding a test case, as CI systems read them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, TypeAlias
from xml.etree import ElementTree

from migrations_tools.proofs.differences import lines

Record: TypeAlias = Mapping[str, Any]
Element: TypeAlias = ElementTree.Element

# What XML 1.0 has no place for (its production Char).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(record: Record) -> str:
    """Return the record as a `testsuites` document."""
    seconds = sum(step["seconds"] for step in record["steps"])
    root = _element(None, "testsuites", name="migrations_tools", time=f"{seconds:.3f}")
    proofs = [_proof(item) for item in record["proofs"]]
    findings = [_finding(item) for item in record["findings"]]
    for name, cases in (("proofs", proofs), ("findings", findings)):
        _suite(root, f"{record['project']}.{name}", cases, record)
    for key in ("tests", "failures", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: Element, name: str, cases: list[Element], record: Record) -> None:
    began = datetime.datetime.fromtimestamp(record["began"], tz=datetime.timezone.utc).isoformat(timespec="seconds")
    counts = {key: str(sum(case.find(key[:7]) is not None for case in cases)) for key in ("failures", "skipped")}
    suite = _element(root, "testsuite", name=name, tests=str(len(cases)), errors="0", timestamp=began, **counts)
    suite.extend(cases)


def _proof(item: Record) -> Element:
    case = _element(None, "testcase", classname="proof", name=item["claim"])
    warnings = [f"warning: {text}" for text in item["warnings"]]
    if item["outcome"] == "failed":
        text = [line for group in item["groups"] for line in lines(group)] or item["details"]
        _element(case, "failure", "\n".join((*text, *warnings)), message=item["evidence"], type="proof")
    elif item["outcome"] == "not checked":
        _element(case, "skipped", "\n".join((*item["details"], *warnings)), message=item["evidence"])
    else:
        _element(case, "system-out", "\n".join((item["evidence"], *warnings)))
    return case


def _finding(item: Record) -> Element:
    case = _element(None, "testcase", classname=item["code"], name=f"{item['code']} {item['object']}")
    if item["file"]:
        case.set("file", item["file"])
        case.set("line", str(item["line"]))
    text = "\n".join(
        line for line in (item["provenance"], *item["evidence"], item["effect"], *item["ways_out"]) if line
    )
    if item["outcome"] != "repaired" and item["severity"] in ("hold", "error"):
        _element(case, "failure", text, message=item["sentence"], type=item["severity"])
    else:
        _element(case, "system-out", f"{item['sentence']}\n{text}")
    return case


def _element(parent: Element | None, tag: str, text: str = "", /, **attributes: str) -> Element:
    given = {key: _NOT_XML.sub("\ufffd", value) for key, value in attributes.items()}
    made = ElementTree.Element(tag, given) if parent is None else ElementTree.SubElement(parent, tag, given)
    made.text = _NOT_XML.sub("\ufffd", text) or None
    return made
