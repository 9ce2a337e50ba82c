"""The models of the base branch, and those that env.py forgot: asked of a real Python, made in a real database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_tools.catalog import extension_tables
from migrations_tools.inapp.probe_client import ProbeError
from tests.support.probing import DRIVER, PROJECTS, catalog_of, copy_project, mark, probing, target, with_driver

_BASE = PROJECTS / "_base"
MODELS = (_BASE / "models.py").read_text().replace("name = ", "nick = Column(String(7), unique=True)\n    name = ")


def tree(models: str | None, prefix: str = "") -> dict[str, str]:
    files = {
        prefix + str(path.relative_to(_BASE)): path.read_text()
        for path in _BASE.rglob("*")
        if path.suffix in (".py", ".ini")
    }
    if models is None:
        del files[prefix + "models.py"]
    else:
        files[prefix + "models.py"] = models
    return files


def ask_for_base(project: Path, url: str, files: dict[str, str], inside: str, **environment: str) -> None:
    with probing(project, with_driver(url, DRIVER), cold=bool(environment), **environment) as probe:
        request = target().request("base", tree=files, inside=inside)
        probe.ask(request, "creating the schema of the base branch's models")


def columns_of(url: str) -> list[str]:
    table = catalog_of(url).table("items")
    return [column.name for column in table.columns] if table else []


@pytest.mark.parametrize("prefix", ["", "services/api/"], ids=["the whole tree", "a tree around it"])
def test_the_models_of_another_tree_are_created_in_the_place_of_the_projects_own(
    prefix: str, database: str, tmp_path: Path
) -> None:
    project, url = copy_project("_base", tmp_path / "somewhere"), mark(database)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    ask_for_base(project, url, tree(MODELS, prefix), f"{prefix}alembic.ini")
    assert columns_of(url) == ["id", "nick", "name"]
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_models_that_come_from_elsewhere_are_told_and_not_taken_for_the_branchs(database: str, tmp_path: Path) -> None:
    project, url = copy_project("_base", tmp_path / "project"), mark(database)
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "models.py").write_text(MODELS)
    with pytest.raises(ProbeError, match=r"the module models comes from .*installed/models.py"):
        ask_for_base(project, url, tree(None), "alembic.ini", PYTHONPATH=str(installed))


def test_a_branch_whose_models_cannot_be_imported_has_its_reason(database: str, tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="No module named 'gone'"):
        ask_for_base(copy_project("_base", tmp_path), mark(database), tree("import gone\n"), "alembic.ini")


APPLICATION = {
    "models.py": "from shop.models.base import Base\n",
    "shop/__init__.py": "",
    "shop/models/__init__.py": "from shop.models import items\n",
    "shop/models/base.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n",
    "shop/models/items.py": "from sqlalchemy import Column, Integer\nfrom shop.models.base import Base\n\n\n"
    'class Item(Base):\n    __tablename__ = "items"\n    id = Column(Integer, primary_key=True)\n',
    "shop/billing/__init__.py": "",
    "shop/billing/tables.py": "from sqlalchemy import Column, Integer, Table\nfrom shop.models.base import Base\n\n"
    'bills = Table("bills", Base.metadata, Column("id", Integer, primary_key=True), schema="money")\n',
    "shop/broken.py": 'raise RuntimeError("no such thing")\nclass Lost:\n    __tablename__ = "lost"\n',
    "shop/program.py": 'raise SystemExit("a program, not to be imported")\n',
    "shop/tests/__init__.py": "",
    "shop/tests/test_models.py": 'raise SystemExit("__tablename__")\n',
}


def unimported(project: Path, url: str, files: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """Lay files into a project and return what of its tables env.py does not know of."""
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    with probing(project, with_driver(url, DRIVER)) as probe:
        request = target().request("unimported", **more)
        answer: dict[str, Any] = probe.ask(request, "importing the modules beside the models")
    return answer


def model(name: str, base: str = "models", imports: str = "") -> str:
    """Write a module with one model."""
    return (
        f"import {base}\nfrom sqlalchemy import Column, Integer\n{imports}\n\nclass {name.title()}({base}.Base):\n"
        f'    __tablename__ = "{name}"\n    id = Column(Integer, primary_key=True)\n'
    )


def test_modules_whose_tables_env_py_does_not_import_are_found(database: str, tmp_path: Path) -> None:
    answer = unimported(copy_project("_base", tmp_path), mark(database), APPLICATION)
    assert answer == {
        "tables": [["money", "bills", "shop.billing.tables", ""]],
        "failed": [["shop.broken", "RuntimeError: no such thing"]],
    }
    assert catalog_of(database).tables == ()


ITEMS = (_BASE / "models.py").read_text()
OWN_BASE = (
    "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n"
)
COPIES = (
    "from sqlalchemy import MetaData\nfrom models import Base\n\nclass Copies:\n    metadata = MetaData()\n\n"
    'for table in Base.metadata.tables.values():\n    table.to_metadata(Copies.metadata, schema="tenant")\n'
)
REACHES = """
import socket
import psycopg
from sqlalchemy import create_engine

tried = []
for connect in (
    lambda: psycopg.connect("postgresql://localhost:1/x"),
    lambda: create_engine("postgresql+psycopg://localhost:1/x").connect(),
    lambda: socket.create_connection(("127.0.0.1", 1)),
):
    try:
        connect()
    except Exception as error:
        tried.append(str(error))
told = [each for each in tried if "only to be looked at" in each or "it was not opened" in each]
if len(told) != 3:
    raise SystemExit(repr(tried))
"""
SITUATIONS = {
    "beside a file of models": ({"more.py": model("logs")}, [[None, "logs", "more", ""]], []),
    "in a folder without __init__.py": ({"parts/more.py": model("logs")}, [[None, "logs", "parts.more", ""]], []),
    "another base, imported and not given": (
        {"models.py": f"{OWN_BASE}import audit\n", "audit.py": f"{OWN_BASE}\n{model('logs', 'audit')}"},
        [[None, "logs", "audit", "Logs"]],
        [],
    ),
    "one table in two modules": (
        {"more.py": model("logs"), "once_more.py": model("logs")},
        [[None, "logs", "more", ""]],
        [],
    ),
    "a test's": ({"tests/models.py": model("logs"), "test_x.py": model("one"), "conftest.py": model("two")}, [], []),
    "another application's": ({"other/alembic.ini": "", "other/models.py": model("logs")}, [], []),
    "a program": ({"main.py": 'raise SystemExit("a program, not to be imported")\n'}, [], []),
    "one that ends the process": (
        {"more.py": model("logs"), "gone.py": f"import os\nos._exit(3)\n{model('lost')}"},
        [[None, "logs", "more", ""]],
        [["gone", "it ended the process"]],
    ),
    "one that wants connections": ({"more.py": model("logs", imports=REACHES)}, [[None, "logs", "more", ""]], []),
    "one that lacks a package": (
        {"more.py": f"import no_such_package\n{model('logs')}"},
        [],
        [["more", "ModuleNotFoundError: No module named 'no_such_package'"]],
    ),
    "one that lacks a package and shows what is known": (
        {"more.py": f"import no_such_package\n{model('items')}"},
        [],
        [],
    ),
    "a metadata of copies": (
        {"models.py": f"{ITEMS}import copies\n\nBase = copies.Copies\n", "copies.py": COPIES},
        [],
        [],
    ),
    "what include_object leaves out": (
        {
            "models.py": f'{ITEMS}OPTIONS = {{"include_object": lambda _, name, *rest: name != "logs"}}\n',
            "more.py": model("logs"),
        },
        [],
        [],
    ),
    "made by a function of the application": (
        {
            "tables.py": "from sqlalchemy import Table, Column, Integer\nimport models\n\ndef made(name):\n"
            "    return Table(name, models.Base.metadata, Column('id', Integer, primary_key=True))\n",
            "main.py": "import tables\nfrom more import Logs\ntables.made('made')\nFastAPI = dict\napp = FastAPI()\n",
            "more.py": model("logs"),
        },
        [[None, "logs", "more", ""], [None, "made", "main", ""]],
        [],
    ),
}


@pytest.mark.parametrize(("files", "tables", "failed"), SITUATIONS.values(), ids=SITUATIONS)
def test_a_table_that_env_py_does_not_know_of_is_found(
    files: Mapping[str, str], tables: list[Any], failed: list[Any], database: str, tmp_path: Path
) -> None:
    answer = unimported(copy_project("_base", tmp_path), mark(database), files)
    assert sorted(answer["tables"]) == tables
    assert answer["failed"] == failed
    assert catalog_of(database).tables == ()


def test_what_another_request_has_taken_in_is_not_env_pys(database: str, tmp_path: Path) -> None:
    project, url = copy_project("_base", tmp_path), mark(database)
    (project / "more.py").write_text(model("logs"))
    (project / "audit.py").write_text(f"{OWN_BASE}\n{model('notes', 'audit')}")
    with probing(project, with_driver(url, DRIVER)) as probe:
        request = target().request("metadata", imports=["more", "audit"])
        made = probe.ask(request, "creating the models' own schema")
        without = probe.ask(target().request("unimported"), "importing the modules beside the models")
        within = probe.ask(target().request("unimported", imports=["more", "audit"]), "importing them")
    assert [name for _, name in made["passes"][0]["tables"]] == ["items", "logs", "notes"]
    assert without["tables"] == [[None, "notes", "audit", "Notes"], [None, "logs", "more", ""]]
    assert within["tables"] == []


def test_a_module_to_take_in_that_cannot_be_imported_is_told(database: str, tmp_path: Path) -> None:
    project, request = copy_project("_base", tmp_path), target().request("metadata", imports=["gone"])
    with (
        probing(project, with_driver(mark(database), DRIVER)) as probe,
        pytest.raises(ProbeError, match=r"gone .* cannot be imported: ModuleNotFoundError: No module named 'gone'"),
    ):
        probe.ask(request, "creating the models' own schema")


def test_the_tables_of_an_extension_are_told_by_its_name(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE spots (id int)")
        connection.execute("CREATE SCHEMA geo")
        connection.execute("CREATE TABLE geo.marks (id int)")
        connection.execute("CREATE TABLE own (id int)")
        connection.execute("CREATE EXTENSION citext")
        connection.execute("ALTER EXTENSION citext ADD TABLE spots")
        connection.execute("ALTER EXTENSION citext ADD TABLE geo.marks")
        found = extension_tables(lambda query, params=(): connection.execute(query.encode(), params or None).fetchall())
    assert found == {"spots": "citext", "geo.marks": "citext"}
