"""The engines without containers, from end to end: the real commands on small real projects, looked at from outside."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.docker import Done
from tests.support.embedded import Server
from tests.support.local import CONSTRAINTS, LEFT, LEFT_AFTER_VALIDATE, TABLES, LocalProject, local_project, names, rows

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")

SECRET = "seldom-spoken-word"  # the password in the project's Compose file
# What a developer's shell may hold for a server elsewhere; nothing listens there.
ANOTHERS = {"PGHOSTADDR": "127.0.0.9", "PGSSLMODE": "require"}
HELD = "FD01 held back: The unique constraint uq_users_email on (email) of table users"


# --- the embedded engine, the whole job ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Isolated:
    """What stood after `isolate`."""

    done: Done
    status: Done
    psql: Done | None
    check: Done
    comment: str
    owner: str
    superuser: bool
    listens: str
    password_mode: int
    stands_after_check: bool
    restored: Done
    versions_after_check: set[str]


@dataclass(frozen=True, slots=True)
class Generated:
    """What `generate` wrote, and a second one."""

    done: Done
    new: Mapping[str, bytes]
    changed: list[str]
    tables: set[str]
    again: Done
    new_after_again: set[str]


@dataclass(frozen=True, slots=True)
class Validated:
    """The database and the application after `validate`."""

    done: Done
    cluster: tuple[str, str]
    tables: set[str]
    constraints: set[str]
    version: set[str]
    databases: set[str]
    processes: list[str]
    status: Done
    modes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was left after `cleanup`, and a second one."""

    done: Done
    files: list[str]
    processes: list[str]
    sockets: list[Path]
    changed: list[str]
    record: Mapping[str, Any]
    again: Done


@dataclass(frozen=True, slots=True)
class Story:
    """All of it."""

    isolated: Isolated
    generated: Generated
    validated: Validated
    cleaned: Cleaned
    leaks: list[str]


@pytest.fixture(scope="module")
def story(no_docker: dict[str, str]) -> Story:
    """Run the four tasks once on a project with a Compose file and an application, looking at everything between."""
    with local_project("with_compose", {**no_docker, **ANOTHERS}, engine="embedded") as project:
        project.secrets.append(SECRET)
        before = project.contents()
        isolated = _isolate(project)
        generated = _generate(project, before)
        validated = _validate(project)
        return Story(isolated, generated, validated, _clean_up(project, before), project.leaks)


def _isolate(project: LocalProject) -> Isolated:
    done = project.invoke("isolate")
    assert done.code == 0, str(done)
    url = project.cluster_url("shop")
    (comment,) = names(url, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'shop'")
    asked = "SELECT rolname, rolsuper FROM pg_database d JOIN pg_roles r ON r.oid = datdba WHERE datname = 'shop'"
    ((owner, superuser),) = rows(url, asked)
    (listens,) = names(url, "SHOW listen_addresses")
    mode = (Path(project.cluster()["folder"]) / "password").stat().st_mode
    status = project.invoke("status")
    psql = project.invoke("psql", "--command", "SELECT current_database()") if shutil.which("psql") else None
    check = project.invoke("check")
    restored = project.run_python("-m", "tests.support.restoring", str(_dump(project)))
    return Isolated(
        done,
        status,
        psql,
        check,
        comment,
        owner,
        superuser,
        listens,
        mode & 0o777,
        bool(project.journal()),
        restored,
        _versions(project),
    )


def _dump(project: LocalProject) -> Path:
    """Dump a database of the cluster with a table that is made for it, as an archive outside the project."""
    url, path = project.cluster_url("shop"), project.root.parent / "shop.dump"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE dumped AS SELECT generate_series(1, 7) AS number")
        program = Path(project.cluster()["binaries"]) / "pg_dump"
        subprocess.run([program, "--format", "custom", "--file", path, "--table", "dumped", url], check=True)
        connection.execute("DROP TABLE dumped")
    return path


def _generate(project: LocalProject, before: Mapping[str, bytes]) -> Generated:
    done = project.invoke("generate")
    after = project.contents()
    new = {path: after[path] for path in after.keys() - before.keys()}
    tables = names(project.cluster_url("shop"), TABLES)
    again = project.invoke("generate")
    return Generated(done, new, _changed(before, after), tables, again, project.contents().keys() - after.keys())


def _validate(project: LocalProject) -> Validated:
    first = str(project.cluster()["id"])
    done = project.invoke("validate")
    url = project.cluster_url("shop")
    return Validated(
        done,
        (first, str(project.cluster()["id"])),
        names(url, TABLES),
        names(url, CONSTRAINTS),
        names(url, "SELECT version_num FROM alembic_version"),
        names(url, "SELECT datname FROM pg_database"),
        project.processes(project.journal()["id"]),
        project.invoke("status"),
        {str(path): stat.S_IMODE(path.lstat().st_mode) for path in project.tool_folder.rglob("*")},
    )


def _clean_up(project: LocalProject, before: Mapping[str, bytes]) -> Cleaned:
    traces, sockets = project.traces(), Path(project.cluster()["socket_folder"])
    done = project.invoke("cleanup")
    record = json.loads((project.tool_folder / "temp" / "last-run.json").read_text())
    return Cleaned(
        done,
        project.tool_files(),
        project.processes(*traces),
        [sockets] if sockets.exists() else [],
        _changed(before, project.contents()),
        record,
        project.invoke("cleanup"),
    )


def test_isolate_makes_a_marked_database_of_a_plain_role_on_this_machine_only(story: Story) -> None:
    isolated = story.isolated
    assert "Embedded PostgreSQL" in isolated.done.out
    assert "The temp database: shop at 127.0.0.1:" in isolated.done.out
    assert isolated.comment.startswith("migrations_tools ")
    assert (isolated.owner, isolated.superuser, isolated.listens) == ("u", False, "127.0.0.1")
    assert isolated.password_mode == 0o600


def test_what_the_tool_keeps_is_for_its_user_alone(story: Story) -> None:
    modes = story.validated.modes
    assert any(path.endswith("application.log") for path in modes)
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_status_says_what_stands_and_what_comes_next(story: Story) -> None:
    assert "shop_temp: isolated, engine embedded" in story.isolated.status.out
    assert "Next: invoke generate" in story.isolated.status.out
    assert "shop_temp: validated, engine embedded" in story.validated.status.out
    assert f"written: {next(iter(story.generated.new))}" in story.validated.status.out
    assert "Next: invoke cleanup" in story.validated.status.out


def test_psql_runs_a_command_on_the_temp_database(story: Story) -> None:
    if story.isolated.psql is None:
        pytest.skip("there is no psql on this machine")
    assert story.isolated.psql.code == 0, str(story.isolated.psql)
    assert "shop" in story.isolated.psql.out


def test_check_says_what_is_missing_writes_nothing_and_leaves_what_stands(story: Story) -> None:
    check = story.isolated.check
    assert check.code == 1, str(check)
    assert "A migration is missing (2 changes):\n  create table email_logs.\n  create index email_logs." in check.err
    assert "Models and database disagree: The unique constraint uq_users_email" in check.err
    assert story.isolated.stands_after_check
    assert story.isolated.versions_after_check == {"0001_create_users.py", "0002_add_unique_email.py"}


def test_a_dump_is_restored_by_the_clusters_own_programs_beside_the_temp_database(story: Story) -> None:
    done = story.isolated.restored
    assert done.code == 0, str(done)
    assert json.loads(done.out.rpartition("restored ")[2])["rows"] == {"dumped": 7}


def test_generate_writes_one_file_with_what_is_missing_and_nothing_that_drops(story: Story) -> None:
    generated = story.generated
    assert generated.done.code == 0, str(generated.done)
    ((path, content),) = generated.new.items()
    text = content.decode()
    up, down = text.split("def downgrade()")
    assert path.startswith("migrations/versions/")
    assert path.endswith("_add_email_logs.py")
    assert "op.create_table('email_logs'" in up
    assert "op.create_index(op.f('ix_email_logs_user_id')" in up
    assert "drop" not in up
    assert "op.drop_table('email_logs')" in down
    assert "uq_users_email" not in text
    assert "down_revision = '0002'" in text
    assert generated.changed == [path]


def test_generate_holds_the_drop_back_and_says_the_ways_out(story: Story) -> None:
    said = story.generated.done.out
    assert HELD in said
    assert "It was created on purpose by revision 0002, “add unique email” (0002_add_unique_email.py:" in said
    assert "invoke generate --allow FD01:users.uq_users_email" in said


def test_generate_brings_the_temp_database_to_the_old_head_and_no_further(story: Story) -> None:
    assert story.generated.tables == {"users", "alembic_version"}


def test_a_second_generate_finds_nothing_but_the_held_drop(story: Story) -> None:
    again = story.generated.again
    assert again.code == 0, str(again)
    assert HELD in again.out
    assert "Nothing else is missing: no file was written." in again.out
    assert story.generated.new_after_again == set()


def test_validate_proves_the_fresh_install_and_says_what_it_cannot_prove(story: Story) -> None:
    assert story.validated.done.code == 0, str(story.validated.done)
    assert "The fresh install works: 8 proofs, 1 not checked." in story.validated.done.out
    assert _outcomes(story.cleaned.record) == {
        "The database is new": "passed",
        "The database is at head": "passed",
        "Every table, column, constraint, index and type of the models is there, and nothing else": "passed",
        "The newest revision goes down and up again and leaves the same catalog": "passed",
        "The application's health path answers below 500": "passed",
        "Every parameterless GET of the OpenAPI document answers below 500": "passed",
        "No traceback and no undefined table or column in the logs after the migrations": "passed",
        "The rest of the machine is as it was": "not checked",
        "The Compose files and the existing revision files keep their bytes": "passed",
    }


def test_validate_installs_into_a_new_cluster_and_keeps_the_held_constraint(story: Story) -> None:
    validated = story.validated
    first, second = validated.cluster
    assert first != second
    assert not [process for process in validated.processes if f"mt-{first}" in process]
    assert validated.tables == {"users", "email_logs", "alembic_version"}
    assert {"uq_users_email", "fk_email_logs_user"} <= validated.constraints
    ((path, _),) = story.generated.new.items()
    assert validated.version == {Path(path).name.split("_")[0]}


def test_validate_drops_its_scratch_databases(story: Story) -> None:
    assert story.validated.databases == {"postgres", "template0", "template1", "shop", "shop_base_temp"}


def test_the_application_runs_as_a_process_on_a_port_of_its_own(story: Story) -> None:
    (process,) = [process for process in story.validated.processes if "app.py --port" in process]
    assert "8000" not in process
    assert process.split()[1] == sys.executable


def test_cleanup_leaves_the_last_report_and_the_new_revision_and_nothing_else(story: Story) -> None:
    cleaned = story.cleaned
    ((path, _),) = story.generated.new.items()
    assert cleaned.done.code == 0, str(cleaned.done)
    assert f"Clean. What remains: {path}." in cleaned.done.out
    assert cleaned.files == LEFT_AFTER_VALIDATE
    assert cleaned.processes == []
    assert cleaned.sockets == []
    assert cleaned.changed == [path]


def test_cleanup_may_run_twice(story: Story) -> None:
    assert story.cleaned.again.code == 0, str(story.cleaned.again)
    assert "Nothing to clean up" in story.cleaned.again.out


def test_no_password_is_printed_or_stored_but_in_the_clusters_own_file(story: Story) -> None:
    assert story.leaks == []


# --- the embedded engine, other projects -----------------------------------------------------------------------------


def test_an_asynchronous_environment_works_and_an_application_that_cannot_start_is_not_proven(
    no_docker: dict[str, str],
) -> None:
    command = {"INVOKE_MIGRATIONS_TOOLS_APPLICATION_COMMAND": "no-such-program --port {port}"}
    with local_project("async", {**no_docker, **command}, engine="embedded") as project:
        done = project.invoke("isolate", "generate", "validate")
        traces = project.traces()
        assert len(_versions(project)) == 3, str(done)
        cleaned = project.invoke("cleanup")
        assert cleaned.code == 0, str(cleaned)
        assert project.processes(*traces) == []
        assert project.leaks == []
        assert done.code == 0, str(done)
        assert "no-such-program" in done.out
        assert "The fresh install works: 5 proofs, 3 not checked." in done.out
        assert project.tool_files() == LEFT_AFTER_VALIDATE


def test_an_application_without_a_compose_file_is_asked_the_health_path_of_the_settings(
    no_docker: dict[str, str],
) -> None:
    wishes: dict[str, Any] = {
        "application_command": "python -m http.server --bind 127.0.0.1 {port}",
        "health_path": "/alembic.ini",
    }
    with local_project("plain", no_docker, engine="embedded", **wishes) as project:
        done = project.invoke("isolate", "validate")
        assert project.invoke("cleanup").code == 0
    assert re.search(
        r"✔ The application's health path .*\n +GET http://127\.0\.0\.1:\d+/alembic\.ini: 200", done.out
    ), done


def test_a_route_that_fails_is_told_with_the_traceback_from_the_applications_log(no_docker: dict[str, str]) -> None:
    token = {"SHOP_TOKEN": "a-token-not-to-be-shown"}
    wishes: dict[str, Any] = {"http_headers": {"X-Token": "${SHOP_TOKEN}"}, "http_paths": ["/users"]}
    with local_project("with_compose", {**no_docker, **token}, engine="embedded", **wishes) as project:
        project.secrets.extend(token.values())
        assert project.invoke("isolate").code == 0
        done = project.invoke("validate")
        record = json.loads((project.tool_folder / "temp" / "last-run.json").read_text())
        assert project.invoke("cleanup").code == 0
        assert project.leaks == []
    assert done.code == 1, str(done)
    proofs = {proof["claim"]: proof for proof in record["proofs"]}
    (told,) = proofs["Every parameterless GET of the OpenAPI document answers below 500"]["details"]
    assert told.startswith("GET /email-logs: no answer (")
    assert "app.py" in told
    assert 'relation "email_logs" does not exist' in told
    assert proofs["Every path and request of the settings answers below 500"]["evidence"] == "1 requests: 1 × 200"
    assert 'relation "email_logs" does not exist' in done.out


def test_a_url_written_into_the_environment_stops_the_run_with_nothing_changed_there(
    no_docker: dict[str, str], new_database: Callable[[], str], postgres_server: Server
) -> None:
    dev = new_database()
    rows(dev, "CREATE TABLE users (id integer PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'a@example.org')")
    with local_project("hard_coded", no_docker, engine="embedded") as project:
        project.secrets.append(postgres_server.password)
        environment = project.root / "migrations" / "env.py"
        environment.write_text(environment.read_text().replace("THE_DEV_DATABASE", dev))
        done = project.invoke("isolate")
        assert done.code == 2, str(done)
        traces = project.traces()
        assert project.invoke("cleanup").code == 0
        assert (project.tool_files(), project.processes(*traces)) == (LEFT, [])
        assert project.leaks == []
    assert names(dev, TABLES) == {"users"}
    assert rows(dev, "SELECT * FROM users") == [(1, "a@example.org")]
    comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    assert rows(dev, comment) == [(None,)]


# --- which engine ----------------------------------------------------------------------------------------------------


def test_doctor_says_that_auto_takes_the_embedded_engine_where_there_is_no_docker(no_docker: dict[str, str]) -> None:
    with local_project("with_compose", no_docker) as project:
        compose = project.root / "docker-compose.yml"
        compose.write_text(compose.read_text().replace("postgres:16", "citusdata/citus:12.1-pg16"))
        done = project.invoke("doctor")
        assert done.code == 0, str(done)
        assert "Engine: embedded (there is no `docker` program)." in done.out
        assert sys.executable in done.out
        assert "PostgreSQL" in done.out
        assert "the Compose file's image is one for citus, which the embedded server does not have" in (
            " ".join(done.out.split())  # a table's cell is broken into lines
        )
        assert not project.tool_folder.exists()


def test_auto_takes_the_embedded_engine_for_a_project_without_a_compose_file() -> None:
    with local_project("plain") as project:
        done = project.invoke("--dry", "isolate")
        assert done.code == 0, str(done)
        assert "Engine: embedded (the project has no Compose file)." in done.out
        assert "Dry run: nothing was started." in done.out
        assert not project.tool_folder.exists()


def test_an_engine_that_was_asked_for_is_not_replaced(no_docker: dict[str, str]) -> None:
    with local_project("with_compose", no_docker, engine="compose") as project:
        done = project.invoke("isolate")
        assert done.code == 2, str(done)
        assert "docker" in done.err
        assert "Embedded" not in done.text
        assert project.journal() == {}
        assert project.processes() == []


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        pytest.param("embedded", "PostgreSQL 12 was asked for, and the embedded server is ", id="other programs"),
        pytest.param("server", "the engine `server` uses the server of `server_url` as it is", id="a server as it is"),
    ],
)
def test_a_version_that_the_engine_does_not_have_is_refused_before_anything_is_made(engine: str, said: str) -> None:
    with local_project("plain", engine=engine) as project:
        done = project.invoke("isolate", "--postgres", "12")
        assert done.code == 2, str(done)
        assert said in done.err
        assert (project.journal(), project.processes()) == ({}, [])


# --- killed ----------------------------------------------------------------------------------------------------------


def _journal_written(project: LocalProject) -> bool:
    return bool(project.journal())


def _server_noted(project: LocalProject) -> bool:
    return bool(project.cluster().get("pid"))


def _stage(stage: str) -> Callable[[LocalProject], bool]:
    return lambda project: project.journal().get("stage") == stage


def _application_noted(project: LocalProject) -> bool:
    return any(kind == "process" for kind, _ in project.journal().get("made", ()))


class _ClusterReplaced:
    """The moment at which `validate` has destroyed the first cluster and noted the second."""

    def __init__(self) -> None:
        self.first = ""

    def __call__(self, project: LocalProject) -> bool:
        found = str(project.cluster().get("id", ""))
        self.first = self.first or found
        return found not in ("", self.first)


class _ServerGone:
    """The moment at which `cleanup` has ended the server and not yet forgotten the run."""

    def __call__(self, project: LocalProject) -> bool:
        state = project.cluster()
        return (
            bool(state)
            and project.journal()["stage"] == "isolated"
            and not (Path("/proc") / str(state["pid"]) / "exe").exists()
        )


_MOMENTS: Mapping[str, tuple[str, Callable[[LocalProject], bool]]] = {
    "isolate, as the journal is written": ("isolate", _journal_written),
    "isolate, as the server starts": ("isolate", _server_noted),
    "generate, at work": ("isolate generate", _stage("busy")),
    "validate, between two clusters": ("isolate validate", _ClusterReplaced()),
    "validate, as the application starts": ("isolate validate", _application_noted),
    "cleanup, as the server has ended": ("isolate cleanup", _ServerGone()),
}


@dataclass(frozen=True, slots=True)
class Killed:
    """What was left of a killed task after `cleanup`, and a second one; `caught` tells that the moment came."""

    caught: bool
    done: Done
    files: list[str]
    processes: list[str]
    sockets: bool
    changed: list[str]
    again: Done


@pytest.fixture(scope="module")
def killed(no_docker: dict[str, str]) -> Mapping[str, Killed]:
    """Kill a task at each moment, each in a project of its own, a few at a time: most of it is waiting."""

    def one(tasks: str, moment: Callable[[LocalProject], bool]) -> Killed:
        with local_project("with_compose", no_docker, engine="embedded") as project:
            before = project.contents()
            caught = project.kill_when(moment, *tasks.split())
            traces, sockets = project.traces(), project.cluster().get("socket_folder", "")
            done = project.invoke("cleanup")
            return Killed(
                caught,
                done,
                project.tool_files(),
                project.processes(*traces),
                bool(sockets) and Path(sockets).exists(),
                _changed(before, project.contents()),
                project.invoke("cleanup"),
            )

    with ThreadPoolExecutor(3) as pool:
        running = {name: pool.submit(one, *each) for name, each in _MOMENTS.items()}
        return {name: each.result() for name, each in running.items()}


@pytest.mark.parametrize("moment", _MOMENTS)
def test_cleanup_after_a_kill_leaves_nothing_and_may_run_twice(killed: Mapping[str, Killed], moment: str) -> None:
    left = killed[moment]
    assert left.caught, "it ended before it could be killed"
    assert left.done.code == 0, str(left.done)
    assert (left.files, left.processes, left.sockets, left.changed) == (LEFT, [], False, [])
    assert left.again.code == 0, str(left.again)
    assert "Nothing to clean up" in left.again.out


# --- looking ---------------------------------------------------------------------------------------------------------


def _versions(project: LocalProject) -> set[str]:
    return {path.name for path in (project.root / "migrations" / "versions").glob("*.py")}


def _changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _outcomes(record: Mapping[str, Any]) -> dict[str, str]:
    return {proof["claim"]: proof["outcome"] for proof in record["proofs"]}


def test_this_tools_own_python_is_named_at_the_start_where_the_project_has_none(no_docker: dict[str, str]) -> None:
    with local_project("plain", no_docker, python="") as project:
        done = project.invoke("isolate")
    assert done.code == 0, str(done)
    said = f"Python: {sys.executable}, which this tool runs in, for no environment of the project was found."
    assert said in " ".join(done.out.split())
    assert done.out.index("Python: ") < done.out.index("Embedded PostgreSQL")
