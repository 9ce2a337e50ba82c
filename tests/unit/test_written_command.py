"""The command that a project's own files start its Alembic with, where neither Alembic's nor Flask's does."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrations_tools.discovery.alembic import find_setup
from migrations_tools.discovery.written_command import find_command
from migrations_tools.settings import load


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


PACKAGING = '[project.scripts]\nshop = "shop.cli:main"\n'


@pytest.mark.parametrize(
    ("files", "command", "folder"),
    [
        pytest.param(
            {"shop/__main__.py": "", "Makefile": "migrate:\n\tdocker compose run web python -m shop db upgrade head\n"},
            "python -m shop db current",
            ".",
            id="a module",
        ),
        pytest.param(
            {"src/shop/cli.py": "", "docs/deploy.md": "Run `python3 -m shop.cli db migrate`.\n"},
            "python -m shop.cli db current",
            "src",
            id="a module below src",
        ),
        pytest.param(
            {"manage.py": "", "bin/release": "./manage.py db upgrade\n"},
            "python manage.py db current",
            ".",
            id="a script",
        ),
        pytest.param(
            {"web/manage.py": "", "web/start.sh": "python manage.py db upgrade\n"},
            "python manage.py db current",
            "web",
            id="a script in a folder below",
        ),
        pytest.param(
            {"pyproject.toml": PACKAGING, "README.md": "`shop db upgrade`, `other db upgrade`, `other db stamp`\n"},
            "shop db current",
            ".",
            id="a program that the packaging declares",
        ),
        pytest.param(
            {"a.py": "", "b.py": "", "x.sh": "python b.py db upgrade\npython a.py db stamp\npython a.py db upgrade\n"},
            "python a.py db current",
            ".",
            id="the one that is named most",
        ),
        pytest.param(
            {"manage.py": "from flask_migrate import Migrate\n"}, "python manage.py db current", ".", id="named nowhere"
        ),
        pytest.param({"start.sh": "flask db upgrade\npython -m flask db upgrade\n"}, "", ".", id="Flask's own"),
        pytest.param(
            {"README.md": "superset db upgrade\npython gone.py db upgrade\n"}, "", ".", id="of another project"
        ),
    ],
)
def test_the_command_that_the_files_name_is_found(
    files: dict[str, str], command: str, folder: str, tmp_path: Path
) -> None:
    _write(tmp_path, files)
    found = find_command(tmp_path)
    assert (" ".join(found.words), found.folder) == (command, tmp_path / folder) if found else not command


def test_it_serves_where_there_is_no_configuration(tmp_path: Path) -> None:
    _write(tmp_path, {"shop/db/env.py": "", "shop/db/script.py.mako": "", "shop/db/versions/.keep": ""})
    _write(tmp_path, {"bin/release": "python -m shop db upgrade head\n"})
    setup = find_setup(tmp_path, load({}), {})
    assert setup.words() == "`python -m shop db current`"
    assert (setup.config, setup.versions, setup.folder) == (None, (tmp_path / "shop/db/versions",), tmp_path)


@pytest.mark.parametrize(("wsgi", "words"), [({}, "shop db current"), ({"wsgi.py": ""}, "python -m flask db current")])
def test_it_serves_where_flask_finds_no_application(wsgi: dict[str, str], words: str, tmp_path: Path) -> None:
    _write(tmp_path, {"migrations/alembic.ini": "[alembic]\n", "migrations/env.py": "from flask import current_app\n"})
    _write(
        tmp_path, {"migrations/versions/.keep": "", "pyproject.toml": PACKAGING, "README": "shop db upgrade\n", **wsgi}
    )
    assert find_setup(tmp_path, load({}), {}).words() == f"`{words}`"
