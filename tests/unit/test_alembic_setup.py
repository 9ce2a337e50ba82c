"""How Alembic is started: a configuration and its sections, Flask-Migrate, a command of the project's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrations_tools.discovery.alembic import FLASK, Environment, Setup, find_setup
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import load


def _folder(root: Path, name: str, env: str = "", template: bool = True) -> Path:
    versions = root / name / "versions"
    versions.mkdir(parents=True)
    (root / name / "env.py").write_text(env)
    if template:
        (root / name / "script.py.mako").write_text("")
    return versions


def _found(root: Path, **settings: object) -> Setup:
    return find_setup(root, load(settings), {})


def test_each_section_with_a_place_of_its_own_is_an_environment(tmp_path: Path) -> None:
    shop, billing = _folder(tmp_path, "shop"), _folder(tmp_path, "billing")
    text = "[DEFAULT]\nprepend_sys_path = .\n[alembic]\nscript_location = shop\n[billing]\nscript_location = billing\n"
    (tmp_path / "alembic.ini").write_text(text + "[loggers]\nkeys = root\n[post_write_hooks]\nhooks = x\n")
    found = _found(tmp_path)
    assert found.environments == (Environment("", (shop,)), Environment("billing", (billing,)))
    assert found.versions == (shop, billing)
    assert _found(tmp_path, alembic_sections=["billing"]).environments == (Environment("billing", (billing,)),)


def test_what_default_gives_to_all_makes_no_environment_of_each(tmp_path: Path) -> None:
    versions = _folder(tmp_path, "shop")
    (tmp_path / "alembic.ini").write_text("[DEFAULT]\nscript_location = shop\n[alembic]\n[loggers]\nkeys = root\n")
    assert _found(tmp_path).environments == (Environment("", (versions,)),)


def test_a_section_that_is_not_there_is_told(tmp_path: Path) -> None:
    _folder(tmp_path, "shop")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = shop\n")
    with pytest.raises(CannotProceed, match=r"has no section \[nope\] \(the setting `alembic_sections`\)"):
        _found(tmp_path, alembic_sections=["nope"])


def test_an_environment_of_flask_migrates_is_started_by_flask(tmp_path: Path) -> None:
    versions = _folder(tmp_path, "migrations", "from flask import current_app\n")
    (tmp_path / "migrations" / "alembic.ini").write_text("[alembic]\n")
    assert _found(tmp_path) == Setup(
        tmp_path / "migrations" / "alembic.ini", FLASK, (Environment("", (versions,)),), tmp_path
    )


def test_a_command_needs_no_configuration_where_one_folder_holds_migrations(tmp_path: Path) -> None:
    versions = _folder(tmp_path, "shop/schema")
    _folder(tmp_path, "node_modules/else")
    _folder(tmp_path, "not_ours", template=False)
    found = _found(tmp_path, alembic_command="python -m shop 'db upgrade'")
    assert (found.config, found.command) == (None, ("python", "-m", "shop", "db upgrade"))
    assert (found.versions, found.anchor) == ((versions,), versions)


@pytest.mark.parametrize(("names", "said"), [((), "No folder"), (("a", "b"), "Several folders")])
def test_a_command_without_one_folder_of_migrations_says_what_to_write(
    names: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    for name in names:
        _folder(tmp_path, name)
    with pytest.raises(CannotProceed, match=said) as caught:
        _found(tmp_path, alembic_command="shop db upgrade")
    assert all(f"versions: [{name}/versions]" in str(caught.value) for name in names)
    assert _found(tmp_path, alembic_command="x", versions=["."]).versions == (tmp_path,)
