"""The models of the base branch, and those that env.py forgot: asked of a real Python, made in a real database."""

from __future__ import annotations

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
    "shop/broken.py": 'raise RuntimeError("no such thing as __tablename__")\n',
    "shop/program.py": 'raise SystemExit("a program, not to be imported")\n',
    "shop/tests/__init__.py": "",
    "shop/tests/test_models.py": 'raise SystemExit("__tablename__")\n',
}


def test_modules_whose_tables_env_py_does_not_import_are_found(database: str, tmp_path: Path) -> None:
    project, url = copy_project("_base", tmp_path), mark(database)
    for name, text in APPLICATION.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    with probing(project, with_driver(url, DRIVER)) as probe:
        answer: dict[str, Any] = probe.ask(target().request("unimported"), "importing the modules beside the models")
    assert answer == {
        "tables": [["money", "bills", "shop.billing.tables"]],
        "failed": [["shop.broken", "RuntimeError: no such thing as __tablename__"]],
    }
    assert catalog_of(url).tables == ()


def test_a_models_file_of_its_own_is_looked_beside(database: str, tmp_path: Path) -> None:
    project, url = copy_project("_base", tmp_path), mark(database)
    text = "import models\nfrom sqlalchemy import Column, Integer\n\n\nclass Log(models.Base):\n"
    (project / "more_models.py").write_text(
        f'{text}    __tablename__ = "logs"\n    id = Column(Integer, primary_key=True)\n'
    )
    (project / "main.py").write_text('raise SystemExit("a program, not to be imported")\n')
    with probing(project, with_driver(url, DRIVER)) as probe:
        answer = probe.ask(target().request("unimported"), "importing the modules beside the models")
    assert answer == {"tables": [[None, "logs", "more_models"]], "failed": []}


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
