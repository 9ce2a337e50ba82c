"""A migration that is missing: `validate` finds it, the stack stays up, and what then can be done with it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.example_copy import ExampleCopy, differences, http_status, state
from tests.support import docker
from tests.support.docker import PROJECT_LABEL, Done, Engine

pytestmark = pytest.mark.docker


@dataclass(frozen=True, slots=True)
class Failed:
    """What `validate` said without `generate`, and what stood afterwards."""

    example_copy: ExampleCopy
    before: Engine
    done: Done
    states: Mapping[str, str]
    answer: int


@pytest.fixture(scope="module")
def failed(example_copy: ExampleCopy) -> Iterator[Failed]:
    """Install the models that lack a migration; the stack that failed is shared by the tests below."""
    before = state()
    try:
        isolated = example_copy.invoke("isolate")
        assert isolated.code == 0, str(isolated)
        done = example_copy.invoke("validate")
        containers = example_copy.temp_containers()
        states = {service: item["State"]["Status"] for service, item in containers.items()}
        answer = http_status(f"http://127.0.0.1:{docker.host_port(containers['api'], 8000)}/email-logs")
        yield Failed(example_copy, before, done, states, answer)
    finally:
        example_copy.invoke("cleanup")
        example_copy.reset()


def test_the_missing_table_is_named_and_the_exit_code_is_one(failed: Failed) -> None:
    assert failed.done.code == 1, str(failed.done)
    assert "table email_logs" in failed.done.text


def test_the_route_that_fails_is_named_with_its_answer(failed: Failed) -> None:
    assert failed.answer == 500
    assert re.search(r"/email-logs.*500|500.*/email-logs", failed.done.text), str(failed.done)


def test_the_route_that_fails_is_told_with_the_traceback_of_its_moment(failed: Failed) -> None:
    told = failed.done.text.partition("GET /email-logs: 500, and again when asked alone")[2].partition("\n✘")[0]
    assert "from the log of api:" in told, str(failed.done)
    assert 'File "/app/src/routes/' in told
    assert 'relation "email_logs" does not exist' in told
    proofs = json.loads((failed.example_copy.tool_folder / "temp" / "last-run.json").read_text())["proofs"]
    assert any("/app/src/routes/" in detail for proof in proofs for detail in proof["details"])


def test_the_undefined_table_in_the_logs_is_found(failed: Failed) -> None:
    (told,) = re.findall(r"^✘ No traceback.*\n((?: .*\n)*)", failed.done.text, re.MULTILINE)
    assert told.count('relation "email_logs" does not exist') == 1, told
    assert re.search(r"api \(\d+\), .*postgres \(\d+\)", told), told


def test_the_stack_stays_up_for_inspection(failed: Failed) -> None:
    assert failed.states == {
        "api": "running",
        "api-migrations": "exited",
        "bot": "running",
        "frontend": "running",
        "postgres": "running",
        "redis": "running",
    }
    assert failed.example_copy.invoke("psql", "--command", "select 1").code == 0


def test_the_message_says_how_to_look_and_how_to_clean_up(failed: Failed) -> None:
    missing = [words for words in ("invoke psql", "logs", "invoke cleanup") if words not in failed.done.err]
    assert missing == []


def _halves(path: Path) -> dict[str, str]:
    """Return the functions of a revision file as text, names plain."""
    tree = ast.parse(path.read_text())
    halves = {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name: re.sub(r"op\.f\(('\w+')\)", r"\1", text) for name, text in halves.items()}


def test_a_drop_that_is_allowed_by_name_is_written_with_its_mirror(failed: Failed) -> None:
    known = set(failed.example_copy.revision_files())
    done = failed.example_copy.invoke("generate", "--allow", "FD01:users.uq_users_email")
    assert done.code == 0, str(done)
    (name,) = set(failed.example_copy.revision_files()) - known
    halves = _halves(failed.example_copy.versions / name)
    (failed.example_copy.versions / name).unlink()
    assert "drop_constraint('uq_users_email', 'users'" in halves["upgrade"]
    assert "create_unique_constraint('uq_users_email', 'users', ['email']" in halves["downgrade"]
    assert "create_table('email_logs'" in halves["upgrade"]
    assert "held back" not in done.text


def test_check_uses_a_stack_that_stands_and_leaves_it_standing(failed: Failed) -> None:
    done = failed.example_copy.invoke("check")
    assert done.code == 1, str(done)
    assert "email_logs" in done.err
    assert failed.example_copy.git_status() == []
    assert "postgres" in failed.example_copy.temp_containers()


def test_cleanup_refuses_a_stranger_that_carries_the_label(failed: Failed) -> None:
    stranger = "shopline_stranger_temp"
    docker.docker("volume", "create", "--label", f"{PROJECT_LABEL}=shopline_temp", stranger)
    try:
        done = failed.example_copy.invoke("cleanup")
        assert done.code == 2, str(done)
        assert stranger in done.err
        assert [item["Name"] for item in docker.inspect("volume", [stranger])] == [stranger]
    finally:
        docker.docker("volume", "rm", stranger)


def test_what_dev_wrote_meanwhile_is_not_held_against_the_run(failed: Failed) -> None:
    # As an upload would: a file that appears in the folder of dev's volume changes what the engine calls its creation.
    mark = "/var/lib/postgresql/data/upload"
    for program in ("touch", "rm"):
        docker.docker("exec", "shopline-postgres-1", program, mark)
    done = failed.example_copy.invoke("cleanup")
    assert done.code == 0, str(done)
    assert "✘" not in done.out
    assert differences(failed.before) == []
