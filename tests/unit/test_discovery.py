"""Discovery: what is found in a project, and the one error that says all that is missing or ambiguous."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from migrations_tools.discovery.compose_files import find_compose_files
from migrations_tools.discovery.project import NO_DATABASE, discover, discover_local
from migrations_tools.discovery.services import command_words
from migrations_tools.discovery.setting_hints import line_to_write
from migrations_tools.errors import CannotProceed
from migrations_tools.settings import Settings

WITHOUT_CONTAINERS = (
    "  In invoke.yaml, under `migrations_tools:`, write `engine: embedded`"
    " (the application then runs here, in no container)"
)
INI = "[alembic]\nscript_location = %(here)s/migrations\n"


def _files(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _shop(root: Path, **services: dict[str, Any]) -> dict[str, Any]:
    """Make the files of an ordinary project and give its resolved configuration."""
    _files(root, "compose.yaml", "api/migrations/versions/1_a.py")
    _files(root, "api/alembic.ini", text=INI)
    ordinary: dict[str, Any] = {
        "db": {"image": "postgres:15", "environment": {"POSTGRES_USER": "u", "POSTGRES_PASSWORD": "a$$b"}},
        "api": {
            "build": {"context": str(root / "api")},
            "ports": [{"target": 8000, "published": "8000", "protocol": "tcp"}],
            "healthcheck": {"test": ["CMD-SHELL", "curl -f http://localhost:8000/ready?full=1 || exit 1"]},
        },
        "migrate": {"build": {"context": str(root / "api")}, "command": ["alembic", "upgrade", "head"]},
    }
    return {"name": "shop", "services": {**ordinary, **services}}


def _discover(root: Path, config: dict[str, Any], **settings: Any) -> Any:
    chosen = Settings(**settings)
    return discover(root, chosen, find_compose_files(root, chosen, {}), config)


def _reasons(root: Path, config: dict[str, Any], **settings: Any) -> list[str]:
    with pytest.raises(CannotProceed) as caught:
        _discover(root, config, **settings)
    return [reason.replace(str(root), "ROOT") for reason in caught.value.reasons]


def test_an_ordinary_project_needs_no_settings(tmp_path: Path) -> None:
    project = _discover(tmp_path, _shop(tmp_path))
    assert project.alembic_service == "migrate"
    assert project.alembic.config == tmp_path / "api" / "alembic.ini"
    assert project.config_candidates == ("alembic.ini",)
    assert project.versions == (tmp_path / "api" / "migrations" / "versions",)
    assert (project.application.service, project.application.port) == ("api", 8000)
    assert project.application.health_path == "/ready"
    database = project.database
    assert (database.service, database.user, database.name, database.port) == ("db", "u", "u", 5432)
    # Compose doubles every dollar in what it prints.
    assert database.password == "a$b"
    assert "a$b" not in repr(project)


def test_a_project_is_found_in_a_folder_of_any_name(tmp_path: Path) -> None:
    root = tmp_path / 'it\'s 100% "$HOME" ${X} $$ %(here)s\n[red]; `id`'
    # Compose doubles every dollar in what it prints, in folders and commands too.
    doubled = {key: _doubled(value) for key, value in _shop(root)["services"].items()}
    doubled["migrate"]["command"] = ["sh", "-c", "alembic -c $$CONFIG upgrade head"]
    project = _discover(root, {"name": "shop", "services": doubled})
    assert project.alembic.config == root / "api" / "alembic.ini"
    assert project.versions == (root / "api" / "migrations" / "versions",)
    assert project.build_contexts == (root / "api",)
    assert command_words(doubled["migrate"]["command"])[-1] == "alembic -c $CONFIG upgrade head"


def _doubled(service: dict[str, Any]) -> dict[str, Any]:
    build = service.get("build")
    return {**service, **({"build": {"context": build["context"].replace("$", "$$")}} if build else {})}


def test_everything_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    _files(tmp_path, "compose.yaml")
    assert _reasons(tmp_path, {"name": "x", "services": {"web": {"image": "nginx"}}}) == [
        "No service was found that is PostgreSQL.",
        "  In invoke.yaml, under `migrations_tools:`, write `database_service: <service>`",
        WITHOUT_CONTAINERS,
        "No `alembic.ini` was found in a build context of the stack.",
        "  In invoke.yaml, under `migrations_tools:`, write `alembic_config: path/to/alembic.ini`",
        line_to_write("alembic_command", "python -m app db current", "where a program of its own starts Alembic"),
    ]


def test_two_databases_are_ambiguous_and_the_lines_to_write_are_given(tmp_path: Path) -> None:
    assert _reasons(tmp_path, _shop(tmp_path, old={"image": "registry:5000/postgis:13"})) == [
        "More than one service was found that is PostgreSQL; say which one is meant.",
        "  In invoke.yaml, under `migrations_tools:`, write `database_service: db` (image postgres:15)",
        "  In invoke.yaml, under `migrations_tools:`, write `database_service: old` (image registry:5000/postgis:13)",
    ]


def test_without_containers_no_service_is_asked_for(tmp_path: Path) -> None:
    config = _shop(tmp_path, old={"image": "postgres:13"}, admin={**_shop(tmp_path)["services"]["api"]})
    compose = find_compose_files(tmp_path, Settings(), {})
    project = discover_local(tmp_path, Settings(), compose, config)
    # The likeliest tells the names; an application that is not certain is not started.
    assert (project.database.service, project.alembic_service, project.application) == ("db", "migrate", None)
    nothing = discover_local(tmp_path, Settings(), compose, {"name": "shop", "services": {"web": {"image": "nginx"}}})
    assert (nothing.database, nothing.alembic_service) == (NO_DATABASE, "")


def test_without_containers_a_setting_that_names_no_service_is_still_a_mistake(tmp_path: Path) -> None:
    config = _shop(tmp_path)
    with pytest.raises(CannotProceed) as caught:
        discover_local(tmp_path, Settings(database_service="dbs"), None, config)
    assert caught.value.reasons == (
        "`migrations_tools.database_service` names 'dbs', which is no service of the stack; did you mean `db`?",
    )


def test_two_configurations_are_ambiguous(tmp_path: Path) -> None:
    config = _shop(tmp_path)
    _files(tmp_path, "api/other/alembic.ini", text=INI)
    assert _reasons(tmp_path, config) == [
        "Several Alembic configurations were found; say which one is meant.",
        "  In invoke.yaml, under `migrations_tools:`, write `alembic_config: api/alembic.ini`",
        "  In invoke.yaml, under `migrations_tools:`, write `alembic_config: api/other/alembic.ini`",
    ]
    assert _discover(tmp_path, config, alembic_config="api/alembic.ini").alembic_service == "migrate"


def test_a_setting_that_names_nothing_is_an_error(tmp_path: Path) -> None:
    config = _shop(tmp_path)
    settings = {"database_service": "nope", "alembic_config": "nope.ini", "application_service": "nope"}
    assert _reasons(tmp_path, config, **settings) == [
        "`migrations_tools.database_service` names 'nope', which is no service of the stack (api, db, migrate).",
        "The Alembic configuration ROOT/nope.ini (the setting `alembic_config`) does not exist.",
        "`migrations_tools.application_service` names 'nope', which is no service of the stack (api, db, migrate).",
    ]


def test_a_configuration_and_a_section_that_are_nearly_right_are_asked_for(tmp_path: Path) -> None:
    config = _shop(tmp_path)
    assert _reasons(tmp_path, config, alembic_config="api/alembic.inii") == [
        (
            "The Alembic configuration ROOT/api/alembic.inii (the setting `alembic_config`) does not exist;"
            " did you mean `api/alembic.ini`?"
        )
    ]
    assert _reasons(tmp_path, config, alembic_sections=["alembik"]) == [
        (
            "The Alembic configuration ROOT/api/alembic.ini has no section [alembik] (the setting `alembic_sections`);"
            " did you mean `alembic`?"
        )
    ]


@pytest.mark.parametrize(
    ("ini", "folders"),
    [
        pytest.param("script_location = migrations", ["api/migrations/versions"], id="relative"),
        pytest.param("script_location = shop.db:migrations", ["api/shop/db/migrations/versions"], id="in a package"),
        pytest.param(
            "script_location = m\nversion_locations = %(here)s/a %(here)s/b", ["api/a", "api/b"], id="several folders"
        ),
        pytest.param(
            "script_location = m\npath_separator = os\nversion_locations = %(here)s/a:%(here)s/b",
            ["api/a", "api/b"],
            id="several folders, separated as the system does",
        ),
    ],
)
def test_the_versions_folders_are_those_of_the_configuration(tmp_path: Path, ini: str, folders: list[str]) -> None:
    config = _shop(tmp_path)
    (tmp_path / "api" / "alembic.ini").write_text(f"[alembic]\n{ini}\n")
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    assert _discover(tmp_path, config).versions == tuple(tmp_path / folder for folder in folders)


def test_a_configuration_inside_its_own_script_folder_needs_no_location(tmp_path: Path) -> None:
    config = _shop(tmp_path)
    (tmp_path / "api" / "alembic.ini").unlink()
    _files(tmp_path, "api/migrations/alembic.ini", text="[alembic]\n")
    assert _discover(tmp_path, config).versions == (tmp_path / "api" / "migrations" / "versions",)


def test_a_configuration_in_pyproject_is_found(tmp_path: Path) -> None:
    config = _shop(tmp_path)
    (tmp_path / "api" / "alembic.ini").unlink()
    (tmp_path / "api" / "pyproject.toml").write_text('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    project = _discover(tmp_path, config)
    assert project.alembic.config == tmp_path / "api" / "pyproject.toml"
    assert project.versions == (tmp_path / "api" / "migrations" / "versions",)


def test_a_missing_versions_folder_is_told_with_the_setting(tmp_path: Path) -> None:
    config = _shop(tmp_path)
    (tmp_path / "api" / "alembic.ini").write_text("[alembic]\nscript_location = elsewhere\n")
    assert _reasons(tmp_path, config) == [
        "The versions folder ROOT/api/elsewhere/versions (from ROOT/api/alembic.ini) does not exist.",
        "  In invoke.yaml, under `migrations_tools:`, write `versions: [path/to/versions]`",
    ]


def test_an_unreadable_configuration_is_told_with_its_name(tmp_path: Path) -> None:
    config = _shop(tmp_path)
    (tmp_path / "api" / "alembic.ini").write_text("no section\n")
    (reason,) = _reasons(tmp_path, config)
    assert reason.startswith("The Alembic configuration ROOT/api/alembic.ini cannot be read:")


def test_the_file_that_the_services_own_command_names_comes_first(tmp_path: Path) -> None:
    migrate = {
        "build": {"context": str(tmp_path / "api")},
        "command": ["alembic", "-c", "/etc/a.ini", "upgrade", "head"],
    }
    project = _discover(tmp_path, _shop(tmp_path, migrate=migrate))
    assert project.config_candidates == ("/etc/a.ini", "alembic.ini")


def test_without_a_published_service_there_is_no_application(tmp_path: Path) -> None:
    api = {"build": {"context": str(tmp_path / "api")}}
    assert _discover(tmp_path, _shop(tmp_path, api=api)).application is None


@pytest.mark.parametrize("folder", ["", "compose", "docker", "deploy"])
def test_the_compose_file_is_found_in_the_usual_places_with_its_override(tmp_path: Path, folder: str) -> None:
    _files(tmp_path / folder, "docker-compose.yml", "docker-compose.override.yml")
    found = find_compose_files(tmp_path, Settings(), {})
    assert [path.name for path in found.files] == ["docker-compose.yml", "docker-compose.override.yml"]
    assert found.directory == tmp_path / folder


def test_two_folders_with_a_compose_file_are_ambiguous(tmp_path: Path) -> None:
    _files(tmp_path, "compose.yaml", "deploy/docker-compose.yml")
    with pytest.raises(CannotProceed) as caught:
        find_compose_files(tmp_path, Settings(), {})
    assert [reason.strip() for reason in caught.value.reasons] == [
        "Several folders have a Compose file; say which one is meant.",
        "In invoke.yaml, under `migrations_tools:`, write `compose_files: [compose.yaml]`",
        "In invoke.yaml, under `migrations_tools:`, write `compose_files: [deploy/docker-compose.yml]`",
    ]


def test_compose_file_in_the_environment_and_in_dotenv_count_as_they_do_for_compose(tmp_path: Path) -> None:
    _files(tmp_path, "compose.yaml", "a.yml", "b.yml")
    environment = {"COMPOSE_FILE": f"{tmp_path}/a.yml:{tmp_path}/b.yml"}
    assert [path.name for path in find_compose_files(tmp_path, Settings(), environment).files] == ["a.yml", "b.yml"]
    (tmp_path / ".env").write_text("# a comment\nexport COMPOSE_FILE='b.yml'\n")
    found = find_compose_files(tmp_path, Settings(), {})
    assert ([path.name for path in found.files], found.source) == (["b.yml"], f"COMPOSE_FILE in {tmp_path}/.env")
    # A setting of the project's own beats both.
    assert [
        path.name for path in find_compose_files(tmp_path, Settings(compose_files=["a.yml"]), environment).files
    ] == ["a.yml"]


def test_every_compose_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotProceed) as caught:
        find_compose_files(tmp_path, Settings(compose_files=["a.yml", "b.yml"]), {})
    assert [reason.replace(str(tmp_path), "ROOT") for reason in caught.value.reasons] == [
        "The Compose file ROOT/a.yml (the setting `compose_files`) does not exist.",
        "The Compose file ROOT/b.yml (the setting `compose_files`) does not exist.",
    ]
