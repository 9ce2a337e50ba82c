"""What is refused, and that a refusal changes nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.example_copy import ExampleCopy, definitions, differences, state
from tests.support import docker

pytestmark = pytest.mark.docker

_NOT_ISOLABLE = """
services:
  sniffer: {image: "redis:7-alpine", network_mode: host}
  keeper: {image: "redis:7-alpine", volumes: ["/var/run/docker.sock:/engine.sock"]}
  serial: {image: "redis:7-alpine", devices: ["/dev/ttyUSB0"]}
"""
_BROKEN_API = """
services:
  api: {command: ["sh", "-c", "echo the-last-words; exit 3"]}
"""
_SECOND_HEAD = """
revision = "feedfacecafe"
down_revision = "f27083b6c4ae"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
"""


def test_a_stack_that_cannot_be_isolated_is_refused_with_every_reason(fresh: ExampleCopy) -> None:
    fresh.write("compose/extra.yml", _NOT_ISOLABLE)
    fresh.configure("compose/extra.yml")
    before = state()
    done = fresh.invoke("isolate")
    assert done.code == 2, str(done)
    missing = [word for word in ("sniffer", "keeper", "serial") if word not in done.err]
    assert missing == [], str(done)
    assert differences(before) == []
    assert [path for path in fresh.tool_files() if "override" in path or "journal" in path] == []


def test_a_failing_service_is_shown_with_its_last_words_and_cleanup_takes_all(fresh: ExampleCopy) -> None:
    fresh.write("compose/extra.yml", _BROKEN_API)
    fresh.configure("compose/extra.yml", exclude_services=["bot", "frontend"])
    before = state()
    done = fresh.invoke("isolate")
    assert done.code == 2, str(done)
    assert "the-last-words" in done.err
    assert re.search(r"\bapi\b", done.err)
    assert "invoke cleanup" in done.err
    assert "postgres" in fresh.temp_containers(), "the stack was not kept"
    after_failure = fresh.invoke("generate")
    assert after_failure.code == 2, str(after_failure)
    cleaned = fresh.invoke("cleanup")
    assert cleaned.code == 0, str(cleaned)
    assert differences(before) == []


def test_several_heads_are_refused_with_the_merge_to_run(fresh: ExampleCopy) -> None:
    fresh.write("compose/api/migrations/versions/20250401_feedfacecafe_second.py", _SECOND_HEAD)
    fresh.configure(exclude_services=["bot", "frontend"])
    done = fresh.invoke("isolate", "generate")
    assert done.code == 2, str(done)
    (merge,) = re.findall(r"alembic merge .*", done.err) or [str(done)]
    assert {"feedfacecafe", "3b9fe4718d52"} <= set(merge.split()), str(done)


# --- a URL that leads to dev -----------------------------------------------------------------------------------------


@contextmanager
def _logging_statements(example_copy: ExampleCopy) -> Iterator[list[str]]:
    """Log every statement that the dev database gets during the block; the list is filled at its end."""
    statements: list[str] = []
    with example_copy.connect(example_copy.ports["postgres"]) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
        while connection.execute("SHOW log_statement").fetchone() != ("all",):
            time.sleep(0.05)  # the server is told by a signal
        try:
            connection.execute("SELECT 'begin of watch'")
            yield statements
            connection.execute("SELECT 'end of watch'")
        finally:
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
    log = docker.run(["docker", "logs", "shopline-postgres-1"]).text
    watched, ended, _ = log.partition("'begin of watch'")[2].partition("'end of watch'")
    assert ended, "the watch is not in the log"
    statements += re.findall(r"LOG:  (?:statement|execute [^:]*): (.*)", watched.rpartition("\n")[0])


def _address_of_this_machine() -> str:
    """Return an address at which containers of any network reach the ports that dev publishes."""
    (database,) = docker.inspect("container", ["shopline-postgres-1"])
    return str(database["NetworkSettings"]["Networks"]["shopline-network"]["Gateway"])


def _reach_from_another_network(network: str, host: str, port: int) -> None:
    ask = ("--entrypoint", "pg_isready", "postgres:15", "--host", host, "--port", str(port))
    docker.docker("run", "--name", "shopline_reach", "--network", network, *ask)
    docker.docker("rm", "--volumes", "shopline_reach")


def test_a_hard_coded_url_to_dev_stops_before_the_first_statement(fresh: ExampleCopy, bystanders: str) -> None:
    host, port = _address_of_this_machine(), fresh.ports["postgres"]
    _reach_from_another_network(bystanders, host, port)  # or this test would prove nothing
    env = fresh.root / "compose/api/migrations/env.py"
    url = f'"postgresql+psycopg://recyclic:{fresh.password}@{host}:{port}/recyclic"'
    env.write_text(env.read_text().replace('os.environ["DATABASE_URL"]', url))
    rows = fresh.dev_contents()
    with fresh.connect(port) as connection:
        schema = definitions(connection)
    with _logging_statements(fresh) as statements:
        before = state()
        done = fresh.invoke("isolate", "generate", "validate")
        cleaned = fresh.invoke("cleanup")
    assert done.code == 2, str(done)
    assert f"{host}:{port}" in done.err
    assert fresh.password not in done.text
    assert cleaned.code == 0, str(cleaned)
    assert differences(before) == []
    assert fresh.dev_contents() == rows
    with fresh.connect(port) as connection:
        assert definitions(connection) == schema
        comment = connection.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database").fetchall()
    assert "migrations_tools" not in json.dumps(comment)
    # The API's pool pings with ";" and its health check says "SELECT 1". Of the tool, only the question for the
    # token may arrive.
    known = re.compile(r"SELECT 1$|;$|BEGIN|ROLLBACK|COMMIT")
    assert [text for text in statements if not known.match(text) and "shobj_description" not in text] == []
    assert any("shobj_description" in text for text in statements), "the connection never reached dev"
