"""The story: dev runs and holds rows; isolate, generate, validate, cleanup; and what Docker and PostgreSQL say."""

from __future__ import annotations

import ast
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.example_copy import ExampleCopy, contents, definitions, differences, state, tables, words_of
from tests.support import docker
from tests.support.docker import PROJECT_LABEL, Done, Engine

pytestmark = pytest.mark.docker

_SERVICES = {"api", "api-migrations", "bot", "frontend", "postgres", "redis"}
_INDEXES = {
    "ix_email_logs_email_type",
    "ix_email_logs_provider_message_id",
    "ix_email_logs_recipient",
    "ix_email_logs_status_queued_at",
    "ix_email_logs_user_id",
}
_DATA = "/var/lib/postgresql/data"
_QUESTIONS = {
    "unique": "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'uq_users_email'",
    "foreign": "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = to_regclass('email_logs') AND contype = 'f'",
    "indexes": "SELECT indexname FROM pg_indexes WHERE tablename = 'email_logs' AND indexname NOT LIKE 'pk%'",
    "version": "SELECT version_num FROM alembic_version",
}


@dataclass(frozen=True, slots=True)
class Isolated:
    """The copy after `isolate`, as Docker shows it, and what looking at it with the tool's tasks gave."""

    done: Done
    plan: Mapping[str, Any]
    containers: Mapping[str, Mapping[str, Any]]
    networks: list[dict[str, Any]]
    volumes: list[dict[str, Any]]
    images: list[dict[str, Any]]
    status: Done
    psql: Done
    changes_elsewhere: list[str]


@dataclass(frozen=True, slots=True)
class Generated:
    """What `generate` left: the new files with their text, what git says, and a second `generate`."""

    done: Done
    files: Mapping[str, str]
    owner: int
    mode: int
    git: list[str]
    again: Done
    files_after_again: frozenset[str]


@dataclass(frozen=True, slots=True)
class Validated:
    """The copy's database after `validate`, as PostgreSQL shows it; the file taken down and up again."""

    done: Done
    tables: list[str]
    rows: Mapping[str, tuple[int, str]]
    answers: Mapping[str, list[str]]
    kept_marks: str
    commands: list[list[str]]
    up: set[str]
    down: set[str]
    up_again: set[str]
    restarts: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The machine and the project after `cleanup`, and a second one."""

    done: Done
    differences: list[str]
    git: list[str]
    tool_files: list[str]
    again: Done
    differences_after_again: list[str]
    dev_rows: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, with what held before."""

    before: Engine
    dev_rows: Mapping[str, tuple[int, str]]
    revisions: Mapping[str, str]
    revisions_after: Mapping[str, str]
    compose_file: tuple[bytes, bytes]
    isolated: Isolated
    generated: Generated
    validated: Validated
    cleaned: Cleaned
    commands: list[list[str]]
    leaks: list[str]


@pytest.fixture(scope="module")
def story(example_copy: ExampleCopy) -> Iterator[Story]:
    """Run the four tasks once, looking at everything in between."""
    before, dev_rows, revisions = state(), example_copy.dev_contents(), example_copy.revision_files()
    compose_file, begun = example_copy.compose_file.read_bytes(), len(example_copy.docker_commands())
    try:
        isolated = _isolate(example_copy, before)
        generated = _generate(example_copy, revisions)
        validated = _validate(example_copy)
        cleaned = _clean_up(example_copy, before)
        commands = example_copy.docker_commands()[begun:]
        yield Story(
            before,
            dev_rows,
            revisions,
            example_copy.revision_files(),
            (compose_file, example_copy.compose_file.read_bytes()),
            isolated,
            generated,
            validated,
            cleaned,
            commands,
            list(example_copy.leaks),
        )
    finally:
        example_copy.invoke("cleanup")
        example_copy.reset()


def _isolate(example_copy: ExampleCopy, before: Engine) -> Isolated:
    done = example_copy.invoke("isolate")
    assert done.code == 0, str(done)
    plan = example_copy.journal()["plan"]
    return Isolated(
        done,
        plan,
        example_copy.temp_containers(),
        docker.inspect("network", [item["name"] for item in plan["networks"]]),
        docker.inspect("volume", [item["name"] for item in plan["volumes"]]),
        docker.inspect("image", [item["name"] for item in plan["images"]]),
        example_copy.invoke("status"),
        example_copy.invoke("psql", "--command", "select 40 + 2 as answer"),
        [line for line in before.differences(state()) if not line.endswith("is new")],
    )


def _generate(example_copy: ExampleCopy, revisions: Mapping[str, str]) -> Generated:
    done = example_copy.invoke("generate")
    assert done.code == 0, str(done)
    git = example_copy.git_status()
    new = sorted(path for path in example_copy.versions.iterdir() if path.name not in revisions)
    status = new[0].stat()
    texts = {path.name: path.read_text() for path in new}
    again = example_copy.invoke("generate")
    return Generated(
        done, texts, status.st_uid, stat.S_IMODE(status.st_mode), git, again, frozenset(example_copy.revision_files())
    )


def _validate(example_copy: ExampleCopy) -> Validated:
    # A file in the old volume tells it from a new one, which the volume's time of creation does not on old engines.
    docker.docker("exec", example_copy.temp_containers()["postgres"]["Id"], "touch", f"{_DATA}/mark-of-the-test")
    begun = len(example_copy.docker_commands())
    done = example_copy.invoke("validate")
    commands = example_copy.docker_commands()[begun:]
    containers = example_copy.temp_containers()
    with example_copy.connect(docker.host_port(containers["postgres"], 5432)) as connection:
        up, rows = definitions(connection), contents(connection)
        answers = {name: [text for (text,) in connection.execute(query)] for name, query in _QUESTIONS.items()}
        named = tables(connection)
        docker.docker("exec", containers["api"]["Id"], "alembic", "downgrade", "-1")
        down = definitions(connection)
        docker.docker("exec", containers["api"]["Id"], "alembic", "upgrade", "head")
        again = definitions(connection)
    marks = docker.docker("exec", containers["postgres"]["Id"], "find", _DATA, "-name", "mark-of-the-test")
    restarts = sum(item["RestartCount"] for item in containers.values())
    return Validated(done, named, rows, answers, marks, commands, up, down, again, restarts)


def _clean_up(example_copy: ExampleCopy, before: Engine) -> Cleaned:
    done = example_copy.invoke("cleanup")
    found, git, files = differences(before), example_copy.git_status(), example_copy.tool_files()
    again = example_copy.invoke("cleanup")
    return Cleaned(done, found, git, files, again, differences(before), example_copy.dev_contents())


# --- isolate ---------------------------------------------------------------------------------------------------------


def test_the_copy_has_every_service_once(story: Story) -> None:
    assert set(story.isolated.containers) == _SERVICES


def test_everything_of_the_copy_is_named_with_the_suffix(story: Story) -> None:
    plan = story.isolated.plan
    repositories = [item["name"].rpartition(":")[0] for item in plan["images"]]
    names = [item["container_name"] for item in plan["services"]]
    names += [item["name"] for kind in ("volumes", "networks") for item in plan[kind]]
    assert [name for name in [*names, *repositories] if not name.endswith("_temp")] == []


def test_docker_knows_the_copy_by_the_planned_names(story: Story) -> None:
    isolated = story.isolated
    planned = {item["service"]: item["container_name"] for item in isolated.plan["services"]}
    assert {service: item["Name"].lstrip("/") for service, item in isolated.containers.items()} == planned
    assert [item["Name"] for item in isolated.volumes] == ["shopline_postgres_data_temp"]
    assert [item["Name"] for item in isolated.networks] == ["shopline-network_temp"]


def test_names_that_somebody_else_holds_are_not_taken(story: Story) -> None:
    earlier = {name for name, *_ in story.before.containers.values()}
    assert not earlier & {item["Name"].lstrip("/") for item in story.isolated.containers.values()}


def test_everything_of_the_copy_carries_both_labels(story: Story) -> None:
    isolated = story.isolated
    labels = [item["Config"]["Labels"] for item in [*isolated.containers.values(), *isolated.images]]
    labels += [item["Labels"] for item in [*isolated.networks, *isolated.volumes]]
    pairs = {(item.get(PROJECT_LABEL), item.get("migrations_tools.project")) for item in labels}
    assert pairs == {("shopline_temp", "shopline_temp")}


def test_ports_are_bound_to_this_machine_and_shifted_by_one_offset(story: Story, example_copy: ExampleCopy) -> None:
    targets = {"postgres": 5432, "redis": 6379, "api": 8000, "frontend": 4444}
    bindings = {
        service: item["HostConfig"]["PortBindings"] or {} for service, item in story.isolated.containers.items()
    }
    assert {service: set(ports) for service, ports in bindings.items() if ports} == {
        service: {f"{target}/tcp"} for service, target in targets.items()
    }
    flat = {service: ports[f"{targets[service]}/tcp"] for service, ports in bindings.items() if ports}
    assert {binding["HostIp"] for found in flat.values() for binding in found} == {"127.0.0.1"}
    offsets = {int(found[0]["HostPort"]) - example_copy.ports[service] for service, found in flat.items()}
    assert offsets == {story.isolated.plan["offset"]}


def test_the_copy_is_on_its_own_network_only(story: Story) -> None:
    attached = {name for item in story.isolated.containers.values() for name in item["NetworkSettings"]["Networks"]}
    assert attached == {"shopline-network_temp"}


def test_services_answer_to_their_service_names_there(story: Story) -> None:
    (network,) = [item["NetworkSettings"]["Networks"] for item in [story.isolated.containers["postgres"]]]
    assert "postgres" in network["shopline-network_temp"]["Aliases"]


def test_the_copy_mounts_no_volume_of_the_original(story: Story) -> None:
    mounts = [mount for item in story.isolated.containers.values() for mount in item["Mounts"]]
    volumes = {mount["Name"] for mount in mounts if mount["Type"] == "volume"}
    assert "shopline_postgres_data_temp" in volumes
    assert not volumes & set(story.before.volumes)


def test_the_source_folder_is_mounted_read_only(story: Story, example_copy: ExampleCopy) -> None:
    binds = [
        (mount["Source"], mount["RW"])
        for item in story.isolated.containers.values()
        for mount in item["Mounts"]
        if mount["Type"] == "bind"
    ]
    assert binds == [(str((example_copy.root / "compose/api/src").resolve()), False)]


def test_the_copy_does_not_come_back_after_a_reboot(story: Story) -> None:
    policies = {item["HostConfig"]["RestartPolicy"]["Name"] for item in story.isolated.containers.values()}
    assert policies <= {"", "no", "on-failure"}


def test_the_database_of_the_copy_runs_fast_and_unsafe(story: Story) -> None:
    command = " ".join(story.isolated.containers["postgres"]["Config"]["Cmd"])
    assert all(f"{name}=off" in command for name in ("fsync", "synchronous_commit", "full_page_writes"))


def test_isolate_touches_nothing_that_was_there(story: Story) -> None:
    assert story.isolated.changes_elsewhere == []


def test_isolate_prints_every_container_port_and_what_comes_next(story: Story) -> None:
    text = story.isolated.done.text
    for item in story.isolated.plan["services"]:
        assert item["container_name"] in text
        assert all(port["published"] in text for port in item["ports"])
    assert "invoke generate" in text


def test_status_names_the_containers_and_the_next_task(story: Story) -> None:
    status = story.isolated.status
    assert status.code == 0, str(status)
    assert all(item["container_name"] in status.text for item in story.isolated.plan["services"])
    assert "invoke generate" in status.text


def test_psql_runs_a_command_on_the_copy(story: Story) -> None:
    assert story.isolated.psql.code == 0, str(story.isolated.psql)
    assert "42" in story.isolated.psql.text


# --- generate --------------------------------------------------------------------------------------------------------


def _body(story: Story, function: str) -> str:
    (text,) = story.generated.files.values()
    tree = ast.parse(text)
    (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    return ast.unparse(found)


def test_generate_writes_exactly_one_file(story: Story) -> None:
    (name,) = story.generated.files
    assert name.endswith("_add_email_logs.py")
    assert f"versions/{name}" in story.generated.done.text


def test_git_sees_only_the_new_file(story: Story) -> None:
    (name,) = story.generated.files
    assert story.generated.git == [f"?? compose/api/migrations/versions/{name}"]


def test_the_new_file_belongs_to_whoever_ran_the_command(story: Story) -> None:
    assert story.generated.owner == os.getuid()
    assert story.generated.mode & 0o644 == 0o644


def test_existing_revision_files_and_the_compose_file_keep_their_bytes(story: Story) -> None:
    after = {name: digest for name, digest in story.revisions_after.items() if name in story.revisions}
    assert after == story.revisions
    assert story.compose_file[0] == story.compose_file[1]


def test_the_file_creates_the_table_its_indexes_and_its_types(story: Story) -> None:
    upgrade = _body(story, "upgrade")
    assert "create_table('email_logs'" in upgrade
    assert all(f"'{index}'" in upgrade for index in _INDEXES)
    assert upgrade.count("CREATE TYPE") == 2
    assert _body(story, "downgrade").count("DROP TYPE") == 2


def test_the_unique_constraint_is_in_neither_half_of_the_file(story: Story) -> None:
    (text,) = story.generated.files.values()
    assert "uq_users_email" not in text
    assert "drop_constraint" not in text


def test_the_held_drop_is_printed_with_its_origin_and_the_way_to_allow_it(story: Story) -> None:
    text = story.generated.done.text
    assert re.search(r"\bFD01\b.*uq_users_email", text)
    assert "91d2f8b3047e" in text
    assert "--allow FD01:users.uq_users_email" in text


def test_a_second_generate_finds_nothing_else_missing(story: Story) -> None:
    again = story.generated.again
    assert again.code == 0, str(again)
    assert story.generated.files_after_again == {*story.revisions, *story.generated.files}
    assert "FD01" in again.text
    assert "email_logs" not in again.text
    assert "no file was written" in again.text


def test_the_file_goes_down_and_up_again_and_leaves_the_same_schema(story: Story) -> None:
    validated = story.validated
    assert validated.up == validated.up_again
    gone = validated.up - validated.down
    assert gone
    assert all("email_" in text for text in gone), gone
    assert validated.down <= validated.up


# --- validate --------------------------------------------------------------------------------------------------------


def test_validate_succeeds_and_every_proof_is_made(story: Story) -> None:
    done = story.validated.done
    assert done.code == 0, str(done)
    assert "✘" not in done.text
    assert "[not checked]" not in done.text


def test_the_fresh_database_has_every_table(story: Story) -> None:
    assert len(story.validated.tables) == 24
    assert {"alembic_version", "email_logs", "users"} <= set(story.validated.tables)


def test_the_fresh_database_kept_the_unique_constraint(story: Story) -> None:
    assert story.validated.answers["unique"] == ["UNIQUE (email)"]


def test_the_fresh_table_has_its_indexes_and_its_foreign_key(story: Story) -> None:
    assert set(story.validated.answers["indexes"]) == _INDEXES
    assert story.validated.answers["foreign"] == ["FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL"]


def test_the_fresh_database_is_at_the_new_revision(story: Story) -> None:
    (text,), (version,) = story.generated.files.values(), story.validated.answers["version"]
    assert f"revision = '{version}'" in text


def test_no_row_of_the_original_is_in_the_fresh_database(story: Story) -> None:
    counts = {name: count for name, (count, _) in story.validated.rows.items() if count}
    assert counts == {"alembic_version": 1}


def test_validate_made_the_volume_anew(story: Story) -> None:
    assert story.validated.kept_marks == ""


def test_validate_restarted_nothing(story: Story) -> None:
    assert story.validated.restarts == 0


def test_volumes_are_removed_one_by_one_and_each_command_is_printed(story: Story) -> None:
    removed = words_of(story.validated.commands, "volume", "rm")
    assert ["shopline_postgres_data_temp"] in removed
    assert all(len(names) == 1 for names in removed)
    printed = re.findall(r"^[\d:]* +\$ docker volume rm (\S+)$", story.validated.done.text, re.MULTILINE)
    assert [[name] for name in printed] == removed


def test_down_takes_neither_files_nor_volumes(story: Story) -> None:
    downs = [command for command in story.commands if "down" in command]
    assert downs
    for command in downs:
        assert command[:3] == ["compose", "--project-name", "shopline_temp"]
        assert not {"--file", "-f", "--volumes", "-v", "--rmi"} & set(command)


def test_nothing_is_ever_pruned_or_removed_by_a_filter(story: Story) -> None:
    assert [command for command in story.commands if "prune" in command] == []
    removals = [command for command in story.commands if "rm" in command[:2]]
    assert removals
    assert [command for command in removals if "--filter" in command or any("*" in word for word in command)] == []


def test_only_things_of_the_copy_were_ever_removed(story: Story) -> None:
    before = {*story.before.containers, *story.before.volumes, *story.before.networks, *story.before.images}
    before |= {name for name, *_ in story.before.containers.values()}
    before |= {tag for tags in story.before.images.values() for tag in tags}
    named = {word for command in story.commands if "rm" in command[:2] for word in command[1:]}
    assert not named & before


# --- cleanup ---------------------------------------------------------------------------------------------------------


def test_cleanup_leaves_the_engine_exactly_as_it_was(story: Story) -> None:
    assert story.cleaned.done.code == 0, str(story.cleaned.done)
    assert story.cleaned.differences == []


def test_cleanup_leaves_only_the_new_file(story: Story) -> None:
    (name,) = story.generated.files
    assert story.cleaned.git == [f"?? compose/api/migrations/versions/{name}"]
    assert name in story.cleaned.done.text


def test_cleanup_leaves_only_the_last_report_in_the_tools_folder(story: Story) -> None:
    assert story.cleaned.tool_files == ["project.json", "temp/last-run.json"]


def test_the_rows_of_the_original_are_the_same(story: Story) -> None:
    assert story.cleaned.dev_rows == story.dev_rows
    assert story.dev_rows["users"][0] == 3


def test_a_second_cleanup_is_fine(story: Story) -> None:
    assert story.cleaned.again.code == 0, str(story.cleaned.again)
    assert story.cleaned.differences_after_again == []


def test_no_secret_is_printed_or_stored(story: Story) -> None:
    assert story.leaks == []
