"""What the probe answers, and that no env.py, however it behaves, breaks the conversation."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from migrations_tools.errors import CannotProceed
from migrations_tools.inapp.probe_client import Probe, ProbeError
from tests.support import application
from tests.support.probing import (
    ASYNC_DRIVER,
    DRIVER,
    DRIVERS,
    Reviewer,
    bodies,
    catalog_of,
    copy_project,
    mark,
    need,
    need_asyncio,
    pass_of,
    probing,
    revise,
    revision_file,
    run_sql,
    target,
    with_driver,
)

STANDS_NOWHERE = {"current": [], "version_table": "alembic_version", "version_table_schema": None}


def test_hello_says_what_runs_and_what_the_versions_folders_hold(tmp_path: Path) -> None:
    project = copy_project("several_versions_folders", tmp_path)
    users, bills = "migrations/versions/0001_create_users.py", "more/billing/0002_create_bills.py"
    with probing(project, "postgresql://nowhere/none", cold=True) as probe:
        assert probe.ask(target().request("hello"), "reading") == {
            **{name: application.facts()[name] for name in ("python", "alembic", "sqlalchemy")},
            "config": str(project / "alembic.ini"),
            "locations": [
                {"path": str((project / name).parent), "files": {(project / name).name: digest(project / name)}}
                for name in (users, bills)
            ],
            "heads": ["0002"],
            "labels": {"0002": []},
            "implied": [],
        }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_history_comes_newest_first_with_the_text_of_each_file(tmp_path: Path) -> None:
    project = copy_project("several_versions_folders", tmp_path)
    bills = project / "more" / "billing" / "0002_create_bills.py"
    bills.write_bytes("# -*- coding: latin-1 -*-\n# Müll\n".encode("latin-1") + bills.read_bytes())
    with probing(project, "postgresql://nowhere/none") as probe:
        revisions = probe.ask(target().request("history"), "reading")["revisions"]
    assert [(item["revision"], item["down"], item["file"], item["doc"]) for item in revisions] == [
        ("0002", ["0001"], "0002_create_bills.py", "create bills"),
        ("0001", [], "0001_create_users.py", "create users"),
    ]
    assert revisions[0]["source"] == bills.read_text(encoding="latin-1")


def test_no_bytecode_comes_into_the_project(tmp_path: Path) -> None:
    project = copy_project("several_versions_folders", tmp_path)
    with probing(project, "postgresql://nowhere/none", cold=True, PYTHONDONTWRITEBYTECODE="") as probe:
        probe.ask(target().request("history"), "reading")
    assert list(project.rglob("__pycache__")) == []


def test_asking_where_the_database_stands_changes_nothing(database: str, tmp_path: Path) -> None:
    with probing(copy_project("pooled_engine", tmp_path), with_driver(mark(database))) as probe:
        assert pass_of(probe.ask(target().request("current"), "looking")) == STANDS_NOWHERE
    assert run_sql(database, "SELECT relname FROM pg_class WHERE relname = 'alembic_version'") == []


def test_the_models_schema_is_what_create_all_makes(database: str, tmp_path: Path) -> None:
    known = [["public", "celery_jobs"], ["public", "users"], ["shop", "orders"]]
    with probing(copy_project("models_of_several_kinds", tmp_path), with_driver(mark(database))) as probe:
        name = database.rpartition("/")[2]
        answer = pass_of(probe.ask(target().request("metadata", known={name: known}), "creating"))
    assert sorted(map(str, answer["tables"])) == [
        "['shop', 'lines']",
        "['shop', 'orders']",
        "[None, 'teams']",
        "[None, 'users']",
    ]
    assert answer["excluded"] == [["public", "celery_jobs"]]
    made = catalog_of(database)
    assert sorted(table.identity for table in made.tables) == [
        "table shop.lines",
        "table shop.orders",
        "table teams",
        "table users",
    ]
    assert [enum.name for enum in made.enums] == ["mood"]


@pytest.mark.parametrize("project", ["autocommit_engine", "transaction_per_migration", "async_environment"])
def test_the_models_schema_stays_however_env_handles_transactions(project: str, database: str, tmp_path: Path) -> None:
    driver = DRIVER
    if project == "async_environment":
        need_asyncio()
        driver = ASYNC_DRIVER
    with probing(copy_project(project, tmp_path), with_driver(mark(database), driver)) as probe:
        probe.ask(target().request("metadata"), "creating")
    assert run_sql(database, "SELECT relname FROM pg_class WHERE relname = 'items'") == [("items",)]


def test_a_configuration_below_the_working_folder_may_count_its_paths_from_either(tmp_path: Path) -> None:
    inside = copy_project("_base", tmp_path / "api")
    ini = inside / "alembic.ini"
    with probing(tmp_path, "postgresql://nowhere/none") as probe:
        for location in ("migrations", "api/migrations", "%(here)s/migrations"):
            ini.write_text(f"[alembic]\nscript_location = {location}\nprepend_sys_path = .\n")
            answer = probe.ask(target(config=("api/alembic.ini",)).request("hello"), "reading")
            assert [item["path"] for item in answer["locations"]] == [str(inside / "migrations" / "versions")]


def test_a_configuration_above_the_working_folder_is_found(tmp_path: Path) -> None:
    project = copy_project("_base", tmp_path)
    (project / "src").mkdir()
    with probing(project / "src", "postgresql://nowhere/none") as probe:
        assert probe.ask(target().request("hello"), "reading")["config"] == str(project / "alembic.ini")


def test_a_configuration_in_pyproject_counts_when_it_configures_alembic(database: str, tmp_path: Path) -> None:
    if application.version("alembic") < (1, 16):
        pytest.skip("Alembic reads pyproject.toml since 1.16")
    project = copy_project("configured_in_pyproject", tmp_path)
    (project / "alembic.ini").unlink()
    (project / "src").mkdir()
    (project / "src" / "pyproject.toml").write_text('[project]\nname = "another"\n')
    with probing(project / "src", with_driver(mark(database))) as probe:
        request = target(config=("alembic.ini", "pyproject.toml")).request("revision")
        answer = probe.ask(request, "autogenerating", Reviewer().answer)
    assert [file["name"] for file in answer["files"]] == [f"from_pyproject_{answer['files'][0]['revision']}.py"]


def test_a_hook_that_fails_is_told_and_the_file_comes_all_the_same(database: str, tmp_path: Path) -> None:
    project = copy_project("formatters_after_writing", tmp_path)
    with probing(project, with_driver(mark(database))) as probe:
        answer = revise(probe, Reviewer())
    (file,) = answer["files"]
    path = project / "migrations" / "versions" / file["name"]
    assert file["text"].splitlines()[-1] == f"# stamped: {path}"
    missing = "a_formatter_that_is_not_installed"
    assert answer["hooks"] == [
        {"name": "console_scripts", "error": f"Could not find entrypoint console_scripts.{missing}"}
    ]


def test_a_read_only_versions_folder_is_no_hindrance(database: str, tmp_path: Path) -> None:
    project = copy_project("several_versions_folders", tmp_path)
    before = {path: path.read_bytes() for path in project.rglob("*.py")}
    with probing(project, with_driver(mark(database))) as probe:
        probe.ask(target().request("upgrade"), "upgrading")
        (file,) = revise(probe, Reviewer())["files"]
    assert {path: path.read_bytes() for path in project.rglob("*.py")} == before
    assert (file["location"], file["down"]) == (1, ["0002"])


def test_the_first_file_of_several_folders_goes_to_the_first(database: str, tmp_path: Path) -> None:
    project = copy_project("several_versions_folders", tmp_path)
    for path in project.rglob("000*.py"):
        path.unlink()
    with probing(project, with_driver(mark(database))) as probe:
        (file,) = revise(probe, Reviewer())["files"]
    assert (file["location"], file["down"]) == (0, [])


def test_nothing_missing_writes_no_file(database: str, tmp_path: Path) -> None:
    reviewer = Reviewer()
    run_sql(database, "CREATE TABLE items (id serial PRIMARY KEY, name varchar(40) NOT NULL)")
    with probing(copy_project("pooled_engine", tmp_path), with_driver(mark(database))) as probe:
        assert revise(probe, reviewer) == {
            "files": [],
            "enums": {"created": [], "wanted": [], "reused": []},
            "named": [],
            "distinct": [],
            "hooks": [],
            "uncompared": [],
        }
    assert reviewer.lines() == []


def test_constraints_without_a_name_get_the_one_that_postgresql_chooses(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    project, migrated, created = copy_project("unnamed_constraints", tmp_path), mark(new_database()), new_database()
    names = "SELECT conname FROM pg_constraint WHERE contype IN ('u', 'f') ORDER BY 1"
    run_sql(created, "CREATE TABLE users_nick_key (id serial PRIMARY KEY)")
    with probing(project, with_driver(migrated)) as probe:
        probe.ask(target().request("upgrade"), "upgrading")
        (file,) = (answer := revise(probe, Reviewer()))["files"]
        (project / "migrations" / "versions" / file["name"]).write_text(file["text"])
        probe.ask(target().request("upgrade"), "upgrading")
        mark(created)
        probe.ask(target(created.rpartition("/")[2]).request("metadata"), "creating the models' schema")
    assert run_sql(migrated, names) == run_sql(created, names)
    assert sorted(answer["named"]) == [
        "shop.orders_of_the_customers_of_the_shop.orders_of_the_customers_of_th_a_column_with_a_name_that_is_fkey",
        "shop.orders_of_the_customers_of_the_shop.orders_of_the_customers_of_the_shop_user_id_fkey",
        "users.users_email_key",
        "users.users_email_nick_key",
        "users.users_nick_key1",
    ]


def test_everything_held_writes_no_file(database: str, tmp_path: Path) -> None:
    reviewer = Reviewer()
    run_sql(database, "CREATE TABLE items (id serial PRIMARY KEY, name varchar(40) NOT NULL); CREATE TABLE old ()")
    with probing(copy_project("pooled_engine", tmp_path), with_driver(mark(database))) as probe:
        assert revise(probe, reviewer)["files"] == []
    assert reviewer.lines() == ["held: drop table old"]


def test_a_database_that_is_behind_is_an_error(database: str, tmp_path: Path) -> None:
    with (
        probing(copy_project("enum_types", tmp_path), with_driver(mark(database))) as probe,
        pytest.raises(ProbeError) as caught,
    ):
        revise(probe, Reviewer())
    assert caught.value.reasons[0] == "CommandError while autogenerating: Target database is not up to date."


def test_what_env_prints_logs_and_asks_does_not_disturb_the_conversation(database: str, tmp_path: Path) -> None:
    with probing(copy_project("noisy_environment", tmp_path), with_driver(mark(database))) as probe:
        assert pass_of(probe.ask(target().request("current"), "looking")) == STANDS_NOWHERE
        assert pass_of(probe.ask(target().request("upgrade"), "upgrading"))["current"] == []
        (file,) = revise(probe, Reviewer())["files"]
    assert "op.drop_table('items')" in bodies(file["text"])


def test_an_env_that_exits_is_an_error_with_the_place_and_no_password(tmp_path: Path) -> None:
    with probing(copy_project("ends_with_exit", tmp_path), "postgresql://nowhere/none") as probe:
        for _ in range(2):
            with pytest.raises(ProbeError) as caught:
                probe.ask(target().request("upgrade"), "upgrading")
            assert caught.value.reasons == (
                "SystemExit while upgrading: the settings are incomplete: postgresql://shop:***@db/shop",
                f'  at "{tmp_path}/migrations/env.py", line 5, in <module>',
            )


def test_an_env_that_ends_the_process_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        probing(copy_project("ends_the_process", tmp_path), "postgresql://nowhere/none") as probe,
        pytest.raises(CannotProceed) as caught,
    ):
        probe.ask(target().request("upgrade"), "upgrading")
    assert caught.value.reasons == (
        "The application's Python ended while upgrading (exit code 3). It said:",
        "  goodbye from postgresql://shop:***@db/shop",
    )


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("current", "env.py ended without running the migrations: it never called run_migrations()"),
        ("metadata", "env.py ended without running the migrations: it never called run_migrations()"),
        ("execute", "env.py ended without running the migrations: it never called run_migrations()"),
        ("revision", "env.py ended without comparing the models: it never called run_migrations()"),
    ],
)
def test_an_env_that_does_nothing_is_no_success(request_: str, said: str, tmp_path: Path) -> None:
    project = copy_project("never_runs_the_migrations", tmp_path)
    more = {"revision": "new", "direction": "upgrade", "files": [revision_file("pass")]}
    with probing(project, "postgresql://nowhere/none") as probe, pytest.raises(ProbeError) as caught:
        probe.ask(target().request(request_, **more), "working", Reviewer().answer)
    assert caught.value.message == said


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_error_of_the_database_comes_in_its_own_words(driver: str, database: str, tmp_path: Path) -> None:
    need(driver)
    project = copy_project("async_environment" if driver == "asyncpg" else "pooled_engine", tmp_path)
    (project / "migrations" / "versions").mkdir(exist_ok=True)
    (project / "migrations" / "versions" / "0001.py").write_text(BROKEN)
    with probing(project, with_driver(mark(database), driver)) as probe, pytest.raises(ProbeError) as caught:
        probe.ask(target().request("upgrade"), "upgrading")
    assert caught.value.reasons == (
        f'{caught.value.type} while upgrading: column "nmae" does not exist',
        '  hint: Perhaps you meant to reference the column "x.name".',
        "  statement: SELECT nmae FROM (SELECT 1 AS name) x",
        "  revision: 0001 (0001.py:8)",
        f'  at "{project}/migrations/versions/0001.py", line 8, in upgrade',
    )


BROKEN = """
from alembic import op

revision = "0001"
down_revision = None

def upgrade():
    op.execute("SELECT nmae FROM (SELECT 1 AS name) x")
"""


def test_an_error_leaves_the_probe_ready_for_the_next_request(database: str, tmp_path: Path) -> None:
    with probing(copy_project("pooled_engine", tmp_path), with_driver(mark(database))) as probe:
        with pytest.raises(ProbeError):
            probe.ask(target().request("downgrade", revision="nowhere"), "downgrading")
        assert pass_of(probe.ask(target().request("current"), "looking")) == STANDS_NOWHERE


def test_a_missing_configuration_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    with probing(tmp_path, "") as probe, pytest.raises(ProbeError) as caught:
        probe.ask(target(config=("api/alembic.ini", "alembic.ini")).request("hello"), "reading")
    assert str(caught.value) == (
        "FileNotFoundError while reading: no Alembic configuration (api/alembic.ini, alembic.ini)"
        f" in {tmp_path} or above it"
    )


def test_a_python_without_sqlalchemy_is_told_and_ended() -> None:
    from migrations_tools.inapp.bundle import BOOTSTRAP

    command = [application.PYTHON, "-I", "-S", "-u", "-c", f"print('hello', end=''); {BOOTSTRAP}"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    with pytest.raises(ProbeError) as caught, Probe(process):
        pass
    assert caught.value.reasons[0] == "ModuleNotFoundError while starting the probe: No module named 'sqlalchemy'"
    assert process.returncode == 0


def test_the_probe_goes_when_the_other_side_does(tmp_path: Path, database: str) -> None:
    def interrupted(_question: str, _value: object) -> dict[str, object]:
        raise KeyboardInterrupt

    project = copy_project("pooled_engine", tmp_path)
    before = catalog_of(database)
    with pytest.raises(KeyboardInterrupt), probing(project, with_driver(mark(database)), cold=True) as probe:
        probe.ask(target().request("revision"), "autogenerating", interrupted)
    assert probe._process.returncode == 0
    assert catalog_of(database) == before


def test_versions_folders_that_env_names_as_it_runs_are_found_and_written_to(database: str, tmp_path: Path) -> None:
    project = copy_project("versions_folders_that_env_names", tmp_path)
    before = {path: path.read_bytes() for path in project.rglob("*.py")}
    with probing(project, with_driver(mark(database))) as probe:
        hello = probe.ask(target().request("hello"), "reading")
        probe.ask(target().request("upgrade"), "upgrading")
        (file,) = revise(probe, Reviewer())["files"]
    assert [(Path(item["path"]).relative_to(project).parts[0], list(item["files"])) for item in hello["locations"]] == [
        ("core", ["0001_create_users.py"]),
        ("plugin", ["0002_create_bills.py"]),
    ]
    assert (hello["heads"], file["location"], file["down"]) == (["0002"], 1, ["0002"])
    assert {path: path.read_bytes() for path in project.rglob("*.py")} == before


@pytest.mark.parametrize("location", ["shop:db", "shop.db:", "shop:db:schema", "shop.db:schema", "src/shop/db/schema"])
def test_a_package_and_a_path_are_found_above_the_configuration(location: str, tmp_path: Path) -> None:
    folder = tmp_path / "src" / "shop" / "db"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").touch()
    inside = "schema" if location.endswith("schema") else "."
    copy_project("_base", tmp_path / "made")
    shutil.copytree(tmp_path / "made" / "migrations", folder / inside, dirs_exist_ok=True)
    (folder.parent / "alembic.ini").write_text(f"[alembic]\nscript_location = {location}\n")
    with probing(folder.parent, "postgresql://nowhere/none", cold=True) as probe:
        answer = probe.ask(target().request("hello"), "reading")
    assert [Path(item["path"]).resolve() for item in answer["locations"]] == [(folder / inside / "versions").resolve()]


def test_modules_of_the_project_do_not_stand_for_pythons_own(tmp_path: Path) -> None:
    project = copy_project("_base", tmp_path)
    for name in ("types", "json", "logging", "inspect", "copy", "selectors"):
        (project / f"{name}.py").write_text("raise ImportError('the module of the project')\n")
    (project / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    with probing(project, "postgresql://nowhere/none", cold=True) as probe:
        assert probe.ask(target().request("hello"), "reading")["heads"] == []
