"""Starting the temp stack: build, create, look at what was created; the database first, marked; then the rest."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from migrations_tools.discovery.migration_command import migrating, only_migrates, upgrades_to_head
from migrations_tools.discovery.source_mentions import Term, search
from migrations_tools.engines import compose, readiness
from migrations_tools.engines.compose import Container
from migrations_tools.engines.readiness import Expectation, Fault
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.inapp.probe_client import Probe
from migrations_tools.isolation import mismatches, violations
from migrations_tools.sandbox.compose.build import Building, build
from migrations_tools.sandbox.compose.copy import Copy, refuse_unplanned
from migrations_tools.sandbox.compose.one_off import open_probe
from migrations_tools.sandbox.compose.take_down import note_anonymous_volumes, take_down
from migrations_tools.sandbox.compose.temp_database import has_tables, mark
from migrations_tools.sandbox.migrated import ANNOUNCED, UNANNOUNCED, all_at_head, look, settle, upgrade
from migrations_tools.sandbox.protocol import environments, targets
from migrations_tools.sandbox.revision_history import check_reach, refuse_upgrade_head
from migrations_tools.sandbox.session import now


def verify(copy: Copy) -> None:
    """Read the copy's resolved configuration back and check it against the invariants.

    Raises CannotProceed with every violation; nothing was started.
    """
    config = compose.resolved(copy.stack.docker, copy.stack.options, copy.stack.project)
    found = violations(copy.original.config, config, copy.plan)
    if found:
        raise CannotProceed(
            ["The copy would not be apart from the original:", *found], tip=f"Nothing was started. {_NEWER}"
        )


# Some versions obey the tags and still merge wrongly, 2.24.4 and 2.24.5 with included files.
_NEWER = "A newer Docker Compose may merge the override rightly."


@dataclass(frozen=True, slots=True)
class Started:
    """What stands once the stack is up, and the probe that has looked where env.py leads: it is to be closed."""

    containers: tuple[Container, ...]
    probe: Probe
    #: How the services must stand.
    expected: Expectation
    #: Those that do not, and that nothing needs.
    faults: tuple[Fault, ...]
    #: When this tool ran the migrations before the application started (RFC 3339); empty where it did not.
    migrated: str


def start_database_alone(copy: Copy) -> None:
    """Start the temp database and build the image that Alembic runs in: all that comparing the models needs."""
    console, forwarder = copy.session.console, copy.plan.forwarder
    own = copy.plan.service(copy.project.alembic_service)
    with console.step("Building the image that Alembic runs in"):
        build(copy, [each.service for each in copy.plan.services if own and each.image == own.image])
    with console.step("Creating the temp database and comparing it with the plan"):
        _create(copy, [copy.project.database.service, *([forwarder.service] if forwarder else [])])
    with console.step("Starting the temp database and checking where env.py leads") as step:
        step.within(copy.patience)
        _start_database(copy, expectation(copy)).close()


def start(copy: Copy, keep: bool = False, building: Building | None = None) -> Started:
    """Start the temp stack so that no statement can reach another database.

    With `keep`, the probe is left open for whoever goes on with it, else it has been closed. `building` is a build that
    was begun before. Where the application turns out to make tables itself, past the migrations, everything is started
    once more, the migrations first, as a deploy does.
    """
    expected = expectation(copy)
    with copy.session.console.step("Building the images"):
        building.end() if building else build(copy)
    started = _start_created(copy, expected)
    with ExitStack() as stack:
        stack.callback(started.probe.close)
        if _made_tables_itself(copy, started):
            stack.close()
            return _start_again(copy, expected, keep)
        if keep:
            stack.pop_all()
    return started


def _start_created(copy: Copy, expected: Expectation) -> Started:
    console, migrated = copy.session.console, ""
    with console.step("Creating everything and comparing it with the plan"):
        _create(copy, copy.services)
    with console.step("Starting the temp database and checking where env.py leads") as step:
        step.within(copy.patience)
        probe = _start_database(copy, expected)
    with ExitStack() as stack:
        stack.callback(probe.close)
        if copy.session.journal.run.migrate_first:
            with console.step("Running the migrations before the application starts"):
                migrated = now()
                upgrade(probe, look(probe, environments(copy.project, copy.session.journal.run.token)))
        with console.step("Starting the rest of the stack") as step:
            limit = copy.patience
            step.within(limit)
            readiness.start(copy.stack, copy.services, expected, limit)
            containers = readiness.wait_ready(copy.stack, expected, limit, console.detail)
            originals = compose.containers_of(copy.original.docker, copy.project.name)
            found = readiness.faults(copy.stack, containers, expected, originals)
        stack.pop_all()
    return Started(containers, probe, expected, found, migrated)


def _made_tables_itself(copy: Copy, started: Started) -> bool:
    """Wait until who migrates is done; return whether there are tables all the same that no migration made."""
    run, probe, announced = copy.session.journal.run, started.probe, started.expected.migrating
    if run.migrate_first or copy.session.settings.install_command or started.expected.ending:
        return False
    with copy.session.console.step("Looking where the database stands", brief=True):
        found = look(probe, environments(copy.project, run.token))
        if announced or (not all_at_head(found) and has_tables(copy)):
            found = settle(probe, found, ANNOUNCED if announced else UNANNOUNCED)
        return not announced and not all_at_head(found) and has_tables(copy)


def _start_again(copy: Copy, expected: Expectation, keep: bool) -> Started:
    """Start from nothing once more, the migrations first, and say why."""
    sources = copy.project.build_contexts or (copy.session.root,)
    places, _ = search(sources, copy.project.versions, {"create_all": Term("name", "create_all")})
    where = f" (create_all at {', '.join(places['create_all'][:3])})" if places.get("create_all") else ""
    copy.session.console.say(
        f"  warning: the application makes tables itself at its start{where}, past the migrations: on a fresh install"
        " the first migration meets them. The copy is started again, the migrations first, as a deploy does.",
        style="yellow",
    )
    copy.session.journal.update(migrate_first=True)
    take_down(copy)
    started = _start_created(copy, expected)
    if not keep:
        started.probe.close()
    return started


def _create(copy: Copy, services: Sequence[str]) -> None:
    """Create services and start nothing; then look at what the engine has really made.

    Raises CannotProceed with every way in which that is not as planned.
    """
    try:
        copy.stack.create(services)
    except CommandFailed as error:
        raise CannotProceed(readiness.last_words(error), tip=f"Nothing was started. {_LOOK}") from error
    finally:
        # Also where Compose gave up half way: nothing but its container says whose an anonymous volume is.
        note_anonymous_volumes(copy)
    refuse_unplanned(
        mismatches(copy.plan, copy.stack.created(), None if services == copy.services else services),
        f"Nothing of the application was started. {_LOOK}",
    )


_LOOK = "Look at it with `docker inspect`; `invoke cleanup` removes it."


def expectation(copy: Copy) -> Expectation:
    """Return how the services must stand; needed are the database, the application, and who migrates."""
    application, forwarder = copy.project.application, copy.plan.forwarder
    bodies = {name: copy.body(name) for name in copy.services}
    needed = {copy.project.database.service, copy.project.alembic_service}
    needed |= {found.service for found in (application, forwarder) if found}
    migrate = {name for name, body in bodies.items() if any(migrating(body))}
    ending = {name for name in migrate if only_migrates(bodies[name])}
    return readiness.expect(copy.original.config, copy.services, needed, migrate, ending)


def _start_database(copy: Copy, expected: Expectation) -> Probe:
    limit, forwarder = copy.patience, copy.plan.forwarder
    first = [copy.project.database.service, *([forwarder.service] if forwarder else [])]
    readiness.start(copy.stack, first, expected, limit)
    # The probe's container starts while PostgreSQL initialises; it connects to nothing until it is asked to.
    probe = open_probe(copy)
    with ExitStack() as stack:
        stack.callback(probe.close)
        probe.begin()
        mark(copy, limit)
        stack.enter_context(probe)
        refuse_upgrade_head(
            check_reach(probe, targets(copy.project, copy.session.journal.run.token)), _upgrading_to_head(copy)
        )
        stack.pop_all()
    return probe


def _upgrading_to_head(copy: Copy) -> list[str]:
    return [name for name in copy.services if upgrades_to_head(copy.body(name))]
