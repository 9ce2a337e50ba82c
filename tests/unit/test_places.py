"""Where a configuration's paths and packages lead, and where `flask` finds the application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrations_tools.discovery.alembic import Setup, find_setup
from migrations_tools.discovery.flask_app import FlaskPlace, find_flask
from migrations_tools.discovery.revision_syntax import syntax_errors
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import load


def _project(root: Path, config: str, location: str, versions: str, more: str = "") -> Setup:
    (root / versions).mkdir(parents=True)
    (root / config).parent.mkdir(parents=True, exist_ok=True)
    (root / config).write_text(f"[alembic]\nscript_location = {location}\n{more}")
    return find_setup(root, load({}), {})


@pytest.mark.parametrize(
    ("config", "location", "versions", "folder"),
    [
        ("conf/alembic.ini", "pkg/migrations", "pkg/migrations/versions", "."),
        ("api/alembic.ini", "migrations", "api/migrations/versions", "api"),
        ("api/alembic.ini", "%(here)s/migrations", "api/migrations/versions", "api"),
        ("shop/alembic.ini", "shop:migrations", "shop/migrations/versions", "."),
        ("shop/alembic.ini", "shop.db:migrations:main", "shop/db/migrations/main/versions", "."),
        ("alembic.ini", "shop:migrations", "src/shop/migrations/versions", "src"),
        ("src/shop/alembic.ini", "shop:db/migrations", "src/shop/db/migrations/versions", "src"),
        ("a:b/alembic.ini", "%(here)s/migrations", "a:b/migrations/versions", "a:b"),
    ],
)
def test_the_versions_folder_and_where_alembic_is_started(
    config: str, location: str, versions: str, folder: str, tmp_path: Path
) -> None:
    setup = _project(tmp_path, config, location, versions)
    assert (setup.versions, setup.folder) == ((tmp_path / versions,), tmp_path / folder)


def test_values_that_only_env_can_fill_in_are_not_read(tmp_path: Path) -> None:
    setup = _project(tmp_path, "alembic.ini", "db", "db/versions", "sqlalchemy.url = %(PG_DSN)s\nbroken = 100%\n")
    assert setup.versions == (tmp_path / "db" / "versions",)


def test_a_configuration_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_bytes("[alembic]\n# für alle\nscript_location = db\n".encode("latin-1"))
    with pytest.raises(CannotProceed, match=r"alembic.ini is not UTF-8 \(line 2, byte 0xfc\)"):
        find_setup(tmp_path, load({}), {})


def test_a_folder_that_is_not_where_the_configuration_says_is_proposed_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "core" / "revisions").mkdir(parents=True)
    (tmp_path / "core" / "revisions" / "0001.py").write_text("revision = '1'\ndown_revision = None\n")
    with pytest.raises(CannotProceed, match=r"versions: \[core/revisions\]"):
        _project(tmp_path, "alembic.ini", "db", "db")


@pytest.mark.parametrize(
    ("files", "variables", "place"),
    [
        ({"app.py": ""}, {}, ("shop", ())),
        ({"../wsgi.py": ""}, {}, (".", ())),
        ({"../.flaskenv": "FLASK_APP=shop.web\n"}, {}, (".", ())),
        ({"../.env": "X=1\nexport FLASK_APP = shop\n"}, {}, (".", ())),
        ({"../web/site.py": ""}, {"FLASK_APP": "web/site.py"}, (".", ())),
        ({"../web/site.py": ""}, {"FLASK_APP": "web.site:create_app('x')"}, (".", ())),
        ({"__init__.py": "def create_app():\n"}, {}, (".", ("--app", "shop"))),
        ({"run.py": "import flask\napp = flask.Flask(__name__)\n"}, {}, ("shop", ("--app", "run"))),
        ({"__init__.py": "", "../.env": "DEBUG=1\n"}, {}, ("shop", (), False)),
    ],
)
def test_the_application_is_found_where_flask_finds_it(
    files: dict[str, str], variables: dict[str, str], place: tuple[Any, ...], tmp_path: Path
) -> None:
    config = tmp_path / "shop" / "migrations" / "alembic.ini"
    config.parent.mkdir(parents=True)
    for name, text in files.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert find_flask(tmp_path, config, variables) == FlaskPlace(tmp_path / place[0], *place[1:])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"def upgrade(:\n    pass\n", "0002.py has a syntax error in line 1: invalid syntax"),
        (b"x = 1\n<<<<<<< HEAD\n", "0002.py has a syntax error in line 2: invalid syntax"),
        ("x = 'für'\n".encode("latin-1"), "0002.py has a syntax error"),
        ("# -*- coding: latin-1 -*-\n# für\n".encode("latin-1"), ""),
        (b'x = "\\d"\n', ""),
    ],
)
def test_a_revision_file_that_is_no_python_is_named(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "0001.py").write_text("revision = '1'\n")
    (tmp_path / "0002.py").write_bytes(text)
    found = syntax_errors([tmp_path, tmp_path / "gone"])
    assert len(found) == bool(said)
    assert all(said in sentence for sentence in found)
