"""What is noted of a cluster, and which process is taken for its server."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from migrations_tools.engines.cluster import Cluster, ClusterState
from migrations_tools.engines.cluster.account import Account, environment
from migrations_tools.engines.cluster.processes import Process, is_server, look, recorded
from migrations_tools.engines.cluster.template import _packed, _read, _unpack
from migrations_tools.errors import CannotProceed

STATE = ClusterState(
    id="0123456789abcdef",
    folder="/project/.tool/my cluster",
    socket_folder="/tmp/mt-0123456789abcdef",
    major=16,
    binaries="/opt/pg/bin",
    port=5555,
    pid=77,
    pid_started="boot:1",
)
NAMED = "-c cluster_name=mt-0123456789abcdef"
SERVER = f"/opt/pg/bin/postgres -D /project/.tool/my cluster/data {NAMED} -c port=5555"


def test_the_state_goes_to_json_and_comes_back_the_same() -> None:
    assert ClusterState.from_json(json.loads(json.dumps(STATE.to_json()))) == STATE


def test_a_note_of_another_shape_is_refused() -> None:
    with pytest.raises(CannotProceed, match="cannot be read"):
        ClusterState.from_json({"id": "x", "colour": "green"})


def test_a_url_quotes_names_and_passwords() -> None:
    cluster = Cluster(STATE, "se:cret")
    assert cluster.url() == "postgresql://migrations_tools:se%3Acret@127.0.0.1:5555/postgres"
    assert cluster.url("a b", "me@x", "p/w") == "postgresql://me%40x:p%2Fw@127.0.0.1:5555/a%20b"
    assert "cret" not in repr(cluster)


COMMANDS = [
    pytest.param(SERVER, True, id="the server"),
    pytest.param(f'/bin/sh -c "$@" >&2 & echo $! sh {SERVER}', True, id="the shell that starts it"),
    pytest.param(SERVER.replace("abcdef", "abcdee"), False, id="a server of another name on the same folder"),
    pytest.param(SERVER.replace("cluster/data", "cluster/data2"), False, id="a server on another folder"),
    pytest.param(SERVER.replace("/opt/pg", "/usr"), False, id="another program on the same folder"),
    pytest.param(f"grep {SERVER}", False, id="somebody who looks for it"),
    pytest.param("sleep 60", False, id="something else altogether"),
]


@pytest.mark.parametrize(("command", "expected"), COMMANDS)
def test_a_server_is_known_by_program_folder_and_name(command: str, expected: bool) -> None:
    assert is_server(Process(77, "boot:1", command), STATE) is expected


def test_a_recorded_process_must_have_started_at_the_recorded_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(77, "boot:1", SERVER)
    monkeypatch.setattr("migrations_tools.engines.cluster.processes.look", lambda _: process)
    assert recorded(STATE) == process
    assert recorded(replace(STATE, pid_started="boot:2")) is None


def test_a_process_is_looked_up_and_a_dead_one_is_none() -> None:
    own = look(os.getpid())
    assert own is not None
    assert own.started
    child = os.fork()
    if child == 0:
        os._exit(0)
    while look(child) is not None:  # dead and not buried
        pass
    os.waitpid(child, 0)
    assert look(child) is None
    assert look(0) is None


def test_the_servers_environment_holds_no_secret_and_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGDATA", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "LC_MESSAGES"):
        monkeypatch.setenv(name, "x")
    assert set(environment()) <= {"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LC_ALL", "TZ"}


def test_an_account_reaches_what_every_folder_on_the_way_lets_it_into(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    somebody = Account(54321, 54321, other=True)
    (tmp_path / "a").chmod(0o700)
    assert not somebody.reaches(inner)
    assert Account(os.geteuid(), os.getegid()).reaches(inner)


def test_a_packed_folder_unpacks_to_the_same_and_damage_is_seen(tmp_path: Path) -> None:
    import io
    import tarfile

    source = tmp_path / "source"
    (source / "base" / "1").mkdir(parents=True)
    (source / "base" / "1" / "empty").touch()
    (source / "base" / "1" / "2").write_bytes(bytes(range(256)) * 99)
    (source / "VERSION").write_text("16\n")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(source, ".")
    content = _packed(archive.getvalue())
    _unpack(content, tmp_path / "copy", Account(os.geteuid(), os.getegid()))
    names = sorted(path.relative_to(source) for path in source.rglob("*"))
    assert sorted(path.relative_to(tmp_path / "copy") for path in (tmp_path / "copy").rglob("*")) == names
    assert (tmp_path / "copy/base/1/2").read_bytes() == bytes(range(256)) * 99
    assert (tmp_path / "copy/VERSION").stat().st_mode & 0o777 == 0o600
    kept = tmp_path / "kept"
    kept.write_bytes(content)
    assert _read(kept) == content
    for broken in (content[:-1], b"", b"not a checksum", content[:-1] + b"?"):
        kept.write_bytes(broken)
        assert _read(kept) is None
