"""What the README and the pages of docs/ say is derived from the code, or checked against it."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from migrations_tools import ns, settings
from tests.support.front_door import loaded

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "migrations_tools"
README = ROOT / "README.md"
PAGES = [README, *sorted(path for path in (ROOT / "docs").rglob("*.md") if "rules" not in path.parts)]
TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES}
CLICKS = 3

_BLOCK = re.compile(r"^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_IN_A_BLOCK = re.compile(r"(?:^|[\s$`])(?:invoke|migrations-tools) (?![a-z]+:)([a-z-][^`|;&\n]*)")
_IN_PROSE = re.compile(r"`(?:invoke|migrations-tools) ([a-z-][^`]*)`")
_HEADING = re.compile(r"^#+ (?P<words>.+)$", re.MULTILINE)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _prose(text: str) -> str:
    return _BLOCK.sub("", text)


# --- generated pages -------------------------------------------------------------------------------------------------


def test_the_reference_is_what_the_code_gives() -> None:
    command = [sys.executable, str(ROOT / "docs" / "write_reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}`nox -s docs` writes them"


def test_every_setting_and_task_is_on_its_page() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", TEXTS[ROOT / "docs/reference/settings.md"], re.MULTILINE)
    assert rows == list(settings.describe())
    tasks = re.findall(r"^### (\w+)$", TEXTS[ROOT / "docs/reference/tasks.md"], re.MULTILINE)
    assert sorted(tasks) == sorted(ns.task_names)


def test_every_task_is_in_the_readmes_table() -> None:
    assert set(re.findall(r"^\| `invoke (\w+)`", TEXTS[README], re.MULTILINE)) == set(ns.task_names)


# --- examples --------------------------------------------------------------------------------------------------------


def _settings_examples() -> Iterator[Any]:
    for path, text in TEXTS.items():
        for number, block in enumerate(_BLOCK.finditer(text)):
            found = None
            body = textwrap.dedent(block["text"])
            if block["language"] == "yaml":
                found = yaml.safe_load(body)
            elif block["language"] == "toml":
                found = settings._parse_toml(body, path).get("tool")
            if isinstance(found, dict) and settings.SECTION in found:
                file = "invoke.yaml" if block["language"] == "yaml" else "pyproject.toml"
                yield pytest.param(file, body, id=f"{_name(path)}-{number}")


SETTINGS_EXAMPLES = list(_settings_examples())


@pytest.mark.parametrize(("file", "text"), SETTINGS_EXAMPLES)
def test_every_example_of_settings_is_accepted_by_the_way_of_a_user(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert loaded(tmp_path) != settings.Settings()


def test_there_are_examples_of_settings() -> None:
    assert len(SETTINGS_EXAMPLES) > 20


def _commands(text: str) -> Iterator[str]:
    """Yield what follows `invoke` wherever a command of it is shown: in a block, or in a line of prose."""
    for block in _BLOCK.finditer(text):
        if block["language"] in ("sh", "console", "yaml", "text"):
            yield from _IN_A_BLOCK.findall(block["text"])
    yield from _IN_PROSE.findall(_prose(text))


def _mistakes(words: list[str]) -> Iterator[str]:
    """Yield what is not on the command line: a task or an option that does not exist."""
    options: dict[str, bool] = {"--list": False, "--dry": False, "--help": True, "--print-completion-script": True}
    words = iter(words)
    for word in words:
        if word.startswith("-"):
            flag, _, value = word.partition("=")
            if flag not in options:
                yield f"no option {flag}"
            elif options[flag] and not value:
                next(words, None)
        elif word in ns.task_names:
            parameters = list(inspect.signature(ns[word].body).parameters.values())[1:]
            options = {f"--{each.name.replace('_', '-')}": each.default is not False for each in parameters}
            options |= {"-q": False} if "--quiet" in options else {}
        else:
            yield f"no task {word}"


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_command_shown_has_tasks_and_options_that_exist(path: Path) -> None:
    shown = [command for command in _commands(TEXTS[path]) if command.split()[0] not in ("TASK", "--help")]
    mistakes = {command: list(_mistakes(_words(command))) for command in shown}
    assert {command: found for command, found in mistakes.items() if found} == {}


def _words(command: str) -> list[str]:
    words = shlex.split(command, comments=True)
    end = next((number for number, word in enumerate(words) if word in (">>", ">", "or")), len(words))
    return words[:end]


# --- links -----------------------------------------------------------------------------------------------------------


def _anchors(text: str) -> set[str]:
    """Return the anchors that GitHub, and the site alike, give a page's headings."""
    plain = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", match["words"]) for match in _HEADING.finditer(_prose(text))]
    return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for words in plain}


def _links(path: Path) -> Iterator[tuple[Path, str]]:
    for match in _LINK.finditer(_prose(TEXTS[path])):
        target, _, anchor = match["target"].partition("#")
        if "://" not in target:
            yield ((path.parent / target).resolve() if target else path), anchor


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(path: Path) -> None:
    lost = [str(target) for target, _ in _links(path) if not target.exists()]
    lost += [
        f"{target.name}#{anchor}"
        for target, anchor in _links(path)
        if anchor and target in TEXTS and anchor not in _anchors(TEXTS[target])
    ]
    assert lost == []


@pytest.mark.parametrize("start", [README, ROOT / "docs" / "index.md"], ids=_name)
def test_every_page_is_at_most_three_clicks_away(start: Path) -> None:
    reached = {start}
    for _ in range(CLICKS):
        reached |= {target for path in reached & set(PAGES) for target, _ in _links(path)}
    assert [_name(path) for path in PAGES[1:] if path not in reached and path.name != "index.md"] == []


def test_every_page_is_in_the_sites_navigation() -> None:
    listed = re.findall(r"[\w./-]+\.md$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(str(path.relative_to(ROOT / "docs")) for path in PAGES[1:])


# --- the rooms, the errors -------------------------------------------------------------------------------------------


def test_the_map_and_the_picture_name_every_room() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    written = (ROOT / "CONTRIBUTING.md").read_text()
    assert sorted(name for name in folders if f"  {name}/" not in written) == []
    picture = (ROOT / "docs/explanation/rooms.svg").read_text()
    assert set(re.findall(r'class="n"[^>]*>([^<]+)<', picture)) == folders | files


#: Headings of docs/troubleshooting.md that are not a text of this package: other programs', or a question.
OF_OTHERS = (
    "invoke: command not found",
    "externally-managed-environment",
    "Can't find any collection",
    "No idea what",
    "Cannot connect to the Docker daemon",
    "OperationalError",
    "KeyError",
    "… does not provide a MetaData object",
    "FD05",
    "Nothing is missing, and",
    "NeverReachedAlembic",
    "extension …",
)


def _constants() -> str:
    found = [
        node.value
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return "\n".join(found).lower()


def test_the_errors_of_the_troubleshooting_page_are_said_by_the_code() -> None:
    said = _constants()
    headings = re.findall(r"^### (.+)$", TEXTS[ROOT / "docs/troubleshooting.md"], re.MULTILINE)
    ours = [heading for heading in headings if not heading.startswith(OF_OTHERS)]
    assert len(ours) > 30
    beginnings = {heading: " ".join(max(heading.split("…"), key=len).split()[:3]) for heading in ours}
    assert [heading for heading, words in beginnings.items() if words.rstrip(",").lower() not in said] == []
