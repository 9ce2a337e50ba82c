"""The project's own Python: which one is taken, why, and what is said when it lacks Alembic."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from migrations_tools.discovery import interpreter
from migrations_tools.discovery.interpreter import Interpreter, find, mending_command
from migrations_tools.engines.interpreter_check import missing
from migrations_tools.errors import CannotProceed


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose Alembic configuration is in a folder of its own."""
    (tmp_path / "project" / "api").mkdir(parents=True)
    (tmp_path / "project" / "api" / "alembic.ini").touch()
    return tmp_path / "project"


@pytest.fixture(autouse=True)
def _without_alembic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the Python of these tests has Alembic is left to each test."""
    monkeypatch.setattr(interpreter, "_has_alembic", lambda: False)


def _python(folder: Path) -> str:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    return str(python)


def _program(folder: Path, name: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).touch(mode=0o755)
    return str(folder)


def _find(project: Path, setting: str = "", **environment: str) -> Interpreter:
    return find(project, project / "api" / "alembic.ini", setting, environment)


def _this_tools(monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    monkeypatch.setattr(sys, "prefix", str(folder))
    return _python(folder)


def test_the_active_environment_is_taken(project: Path) -> None:
    python = _python(project.parent / "elsewhere")
    _python(project / ".venv")
    found = _find(project, VIRTUAL_ENV=str(project.parent / "elsewhere"))
    assert found == Interpreter((python,), f"the active virtual environment {project.parent}/elsewhere")


def test_an_active_environment_that_is_gone_does_not_count(project: Path) -> None:
    python = _python(project / ".venv")
    assert _find(project, VIRTUAL_ENV=str(project / "gone")).command == (python,)


@pytest.mark.parametrize("folder", ["api/.venv", "api/venv", ".venv", "venv"])
def test_an_environment_beside_the_configuration_or_above_it_is_found(project: Path, folder: str) -> None:
    python = _python(project / folder)
    _python(project.parent / ".venv")  # above the root: not the project's
    assert _find(project) == Interpreter((python,), f"the virtual environment {project / folder}")


def test_the_nearest_environment_wins(project: Path) -> None:
    _python(project / ".venv")
    python = _python(project / "api" / "venv")
    assert _find(project).command == (python,)


def test_a_project_of_its_own_environment_means_that_one_and_not_this_tools(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = project.parent / "tools"
    own = _this_tools(monkeypatch, tools)
    monkeypatch.setattr(interpreter, "_has_alembic", lambda: True)
    assert _find(project, VIRTUAL_ENV=str(tools)).command == (own,)
    python = _python(project / ".venv")
    assert _find(project, VIRTUAL_ENV=str(tools)).command == (python,)


def test_tool_and_application_may_share_an_environment(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = _this_tools(monkeypatch, project / ".venv")
    assert _find(project, VIRTUAL_ENV=str(project / ".venv")).command == (python,)


def test_uv_serves_where_the_project_is_locked_by_it(project: Path) -> None:
    (project / "uv.lock").touch()
    path = _program(project.parent / "programs", "uv")
    found = _find(project, PATH=path)
    # Neither the lock file nor an environment in the project's folder may change.
    assert found == Interpreter(("uv", "run", "--frozen", "--isolated", "python"), f"`uv run`, for {project}/uv.lock")
    with pytest.raises(CannotProceed):
        _find(project, PATH="/nowhere")


def test_the_environment_that_uv_is_told_to_use_is_found(project: Path) -> None:
    (project / "uv.lock").touch()
    python = _python(project.parent / "central")
    assert _find(project, UV_PROJECT_ENVIRONMENT=str(project.parent / "central")).command == (python,)


@pytest.mark.parametrize(("name", "text"), [("poetry.lock", ""), ("pyproject.toml", "[tool.poetry]\nname = 'x'\n")])
def test_poetry_serves_where_the_project_is_its(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text)
    path = _program(project.parent / "programs", "poetry")
    assert _find(project, PATH=path).command == ("poetry", "run", "python")


@pytest.mark.parametrize(("file", "program"), [("pdm.lock", "pdm"), ("Pipfile", "pipenv"), ("pixi.toml", "pixi")])
def test_the_program_that_looks_after_the_packages_runs_python(project: Path, file: str, program: str) -> None:
    (project / file).touch()
    path = _program(project.parent / "programs", program)
    assert _find(project, PATH=path).command == (program, "run", "python")


def test_environments_of_pdm_pixi_and_conda_are_found_by_folder(project: Path) -> None:
    python = _python(project / ".pixi" / "envs" / "default")
    assert _find(project).command == (python,)
    central = _python(project.parent / "central")
    (project / ".pdm-python").write_text(f"{central}\n")
    assert _find(project).command == (central,)


def test_condas_environment_is_the_active_one_or_the_one_that_its_file_names(project: Path) -> None:
    root = project.parent / "miniconda"
    active, named = _python(root / "envs" / "other"), _python(root / "envs" / "shop")
    (root / "envs" / "shop" / "conda-meta").mkdir()
    (project / "environment.yml").write_text("name: shop\ndependencies: [alembic]\n")
    conda = {"CONDA_EXE": str(root / "bin" / "conda")}
    assert _find(project, **conda, CONDA_PREFIX=str(root), CONDA_DEFAULT_ENV="base").command == (named,)
    assert _find(project, **conda, CONDA_PREFIX=str(root / "envs" / "other")).command == (active,)


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("uv.lock", "uv sync"),
        ("poetry.lock", "poetry install"),
        ("pdm.lock", "pdm install"),
        ("Pipfile", "pipenv install"),
        ("pixi.toml", "pixi install"),
        ("environment.yml", "conda env create -f environment.yml"),
        ("environment.yaml", "conda env create -f environment.yaml"),
    ],
)
def test_where_nothing_is_installed_the_command_that_installs_it_is_told(
    project: Path, file: str, command: str
) -> None:
    (project / file).touch()
    with pytest.raises(CannotProceed, match=f"Run `{command}`, for {project}/{file}"):
        _find(project, PATH="/nowhere")


def test_an_environment_whose_python_is_gone_is_told_and_never_replaced_by_this_tools(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "_has_alembic", lambda: True)
    (project / "uv.lock").touch()
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to("/gone/python3.9")
    with pytest.raises(
        CannotProceed, match=r"\.venv is broken: its Python was /gone/python3\.9, which is gone"
    ) as caught:
        _find(project, PATH="/nowhere")
    assert f"Run `uv sync`, for {project}/uv.lock." in caught.value.reasons


def test_the_base_that_is_gone_is_named_through_every_link(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_has_alembic", lambda: True)
    programs = project / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to("python3")  # as `python3 -m venv` makes them
    (programs / "python3").symlink_to("/gone/bin/python3")
    with pytest.raises(CannotProceed, match=r"its Python was /gone/bin/python3, which is gone"):
        _find(project, PATH="/nowhere")


def test_uv_and_poetry_do_not_take_another_environment_for_the_projects(project: Path) -> None:
    (project / "uv.lock").touch()
    path = _program(project.parent / "programs", "uv")
    found = _find(project, PATH=path)
    assert found.environment({"VIRTUAL_ENV": "/tools", "PATH": "/bin"}) == {"PATH": "/bin"}


def test_this_tools_own_python_is_the_last_to_be_asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_has_alembic", lambda: True)
    found = _find(project)
    assert (found.command, found.is_this_tools) == ((sys.executable,), True)


def test_without_any_the_line_to_write_is_told(project: Path) -> None:
    with pytest.raises(CannotProceed) as caught:
        _find(project)
    sentence, line = (reason.replace(str(project), "ROOT") for reason in caught.value.reasons)
    assert sentence == (
        "No Python of the project was found: no virtual environment is active, none is in ROOT/api or further up to"
        " ROOT, and the Python of this tool has no Alembic."
    )
    assert line == "  In invoke.yaml, under `migrations_tools:`, write `python: path/to/python`"


def test_the_setting_beats_all_and_may_be_a_path_an_environment_or_a_command(project: Path) -> None:
    _python(project / ".venv")
    python = _python(project / "my env")
    path = _program(project.parent / "programs", "uv")
    assert _find(project, "my env/bin/python").command == (python,)
    assert _find(project, "my env") == Interpreter((python,), "the setting `python` (my env)")
    assert _find(project, python).command == (python,)
    assert _find(project, f"'{python}' -X dev").command == (python, "-X", "dev")
    assert _find(project, "uv run python", PATH=path).command == (f"{path}/uv", "run", "python")


@pytest.mark.parametrize("setting", ["gone/bin/python", "no-such-program run python", "api"])
def test_a_setting_that_names_nothing_is_an_error(project: Path, setting: str) -> None:
    with pytest.raises(CannotProceed, match="is neither a file, nor a virtual environment, nor a program on PATH"):
        _find(project, setting, PATH="/nowhere")


def test_programs_of_the_environment_come_first_on_path(tmp_path: Path) -> None:
    python = _python(tmp_path / "venv")
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    outer = {"PATH": "/bin", "PYTHONHOME": "/other", "VIRTUAL_ENV": "/tools", "HOME": "/home/somebody"}
    assert Interpreter((python,), "").environment(outer) == {
        "PATH": f"{tmp_path}/venv/bin{os.pathsep}/bin",
        "VIRTUAL_ENV": f"{tmp_path}/venv",
        "HOME": "/home/somebody",
    }


LOCK = '[[package]]\nname = "alembic"\n\n[[package]]\nname = "sqlalchemy"\n'


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"uv.lock": LOCK, "requirements.txt": ""}, "uv sync"),
        ({"uv.lock": '[[package]]\nname = "alembic"\n'}, "uv add alembic sqlalchemy"),
        ({"poetry.lock": LOCK}, "poetry install"),
        ({"poetry.lock": ""}, "poetry add alembic sqlalchemy"),
        ({"pyproject.toml": "[tool.poetry]\n"}, "poetry install"),
        ({"Pipfile": ""}, "pipenv install"),
        ({"requirements.txt": ""}, "/py -m pip install -r ROOT/requirements.txt"),
        ({"api/requirements.txt": "", "uv.lock": ""}, "/py -m pip install -r ROOT/api/requirements.txt"),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, "/py -m pip install -e ROOT"),
        ({}, "/py -m pip install alembic sqlalchemy"),
    ],
)
def test_the_mending_command_is_the_projects_own(project: Path, files: dict[str, str], command: str) -> None:
    for name, text in files.items():
        (project / name).write_text(text)
    said = mending_command(Interpreter(("/py",), ""), project / "api", project)
    assert said.replace(str(project), "ROOT") == command


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"uv.lock": ""}, "uv sync"),  # which package has a module `yaml` is not known
        ({"requirements.txt": ""}, "/py -m pip install -r ROOT/requirements.txt"),
        ({"setup.cfg": "[options]\ninstall_requires = PyYAML\n"}, "/py -m pip install -e ROOT"),
        ({"setup.cfg": "[flake8]\n"}, "/py -m pip install PyYAML"),
    ],
)
def test_a_module_of_the_projects_own_is_mended_by_installing_the_project(
    project: Path, files: dict[str, str], command: str
) -> None:
    for name, text in files.items():
        (project / name).write_text(text)
    said = mending_command(Interpreter(("/py",), ""), project / "api", project, "yaml")
    assert said.replace(str(project), "ROOT") == command


def test_a_program_of_the_projects_environment_is_started_from_there(tmp_path: Path) -> None:
    python = _python(tmp_path / "venv")
    _program(tmp_path / "venv" / "bin", "uvicorn")
    assert Interpreter((python,), "").program("python3") == (python,)
    assert Interpreter((python,), "").program("uvicorn") == (f"{tmp_path}/venv/bin/uvicorn",)
    assert Interpreter((python,), "").program("node") == ("node",)
    assert Interpreter(("/bin/uv", "run", "--frozen", "python"), "").program("uvicorn") == (
        "/bin/uv",
        "run",
        "--frozen",
        "uvicorn",
    )
    assert Interpreter(("poetry", "run", "python"), "").program("python") == ("poetry", "run", "python")


def _fake_package(folder: Path, name: str, text: str = "") -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(text)


def _answering(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that finds packages in a folder of ours alone."""
    return {"PYTHONPATH": str(tmp_path / "packages"), "PATH": os.environ["PATH"]}


BARE = Interpreter((sys.executable, "-S"), "bare")


@pytest.mark.parametrize("thorough", [True, False])
def test_a_python_that_has_all_lacks_nothing(tmp_path: Path, thorough: bool) -> None:
    for name in ("alembic", "sqlalchemy"):
        _fake_package(tmp_path / "packages", name)
    assert missing(BARE, tmp_path, tmp_path, _answering(tmp_path), thorough) == ""


@pytest.mark.parametrize("thorough", [True, False])
def test_the_import_error_and_the_mending_command_are_told(tmp_path: Path, thorough: bool) -> None:
    (tmp_path / "requirements.txt").touch()
    _fake_package(tmp_path / "packages", "alembic")
    said = missing(BARE, tmp_path, tmp_path, _answering(tmp_path), thorough).replace(str(tmp_path), "ROOT")
    assert said == (
        f"The project's Python ({sys.executable} -S; bare) cannot import what is needed: ModuleNotFoundError: No module"
        f" named 'sqlalchemy'. To mend it: {sys.executable} -S -m pip install -r ROOT/requirements.txt"
    )


@pytest.mark.parametrize("thorough", [True, False])
def test_a_folder_of_migrations_called_alembic_does_not_pass_for_the_package(tmp_path: Path, thorough: bool) -> None:
    (tmp_path / "alembic").mkdir()
    _fake_package(tmp_path / "packages", "sqlalchemy")
    assert "No module named 'alembic'" in missing(BARE, tmp_path, tmp_path, _answering(tmp_path), thorough)


def test_a_folder_on_the_path_that_is_no_package_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "packages" / "alembic").mkdir(parents=True)
    _fake_package(tmp_path / "packages", "sqlalchemy")
    assert "No module named 'alembic'" in missing(BARE, tmp_path, tmp_path, _answering(tmp_path), thorough=False)


def test_a_python_that_does_not_start_is_told(tmp_path: Path) -> None:
    said = missing(Interpreter((str(tmp_path / "gone"),), "gone"), tmp_path)
    assert "does not start: [Errno 2]" in said
    assert "To mend it: " in said


def test_a_package_that_is_broken_says_so_without_its_secrets(tmp_path: Path) -> None:
    _fake_package(tmp_path / "packages", "alembic", "raise RuntimeError('postgresql://u:hidden@db/x')")
    said = missing(BARE, tmp_path, tmp_path, _answering(tmp_path))
    assert "RuntimeError: postgresql://u:***@db/x" in said
