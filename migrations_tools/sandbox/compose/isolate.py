"""isolate on Compose: read the stack, plan the copy, verify the plan, start it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrations_tools.discovery.setting_hints import Undecided
from migrations_tools.engines import claims, inventory
from migrations_tools.engines.compose import PROJECT_LABEL, Container
from migrations_tools.engines.machine import declared, gather
from migrations_tools.engines.probe_docker import lasting_identity
from migrations_tools.engines.readiness import Fault
from migrations_tools.errors import CannotProceed
from migrations_tools.files import write_whole
from migrations_tools.isolation import (
    LOOPBACK,
    IsolationPlan,
    NotIsolable,
    PlanInputs,
    ServicePlan,
    as_json,
    bracketed,
    is_loopback,
    plan,
    ports,
    render,
)
from migrations_tools.sandbox.compose import start
from migrations_tools.sandbox.compose.copy import Copy, copy_of
from migrations_tools.sandbox.compose.original import Original, profiles_of, read_original, read_whole
from migrations_tools.sandbox.compose.same_engine import remarks
from migrations_tools.sandbox.session import Session, begin_run, stopping_at


def isolate(session: Session, database_alone: bool = False) -> None:
    """Start the temp stack, or its database alone, beside the original, which does not notice.

    Raises CannotProceed with every reason when the stack cannot be isolated; then nothing was started.
    """
    with session.console.step("Reading the stack"):
        original = read_original(session)
    if original.docker.endpoint.host:
        session.console.say(f"Docker engine: {original.docker.endpoint.words()}.")
    for line in remarks(session, original):
        session.console.say(line)
    if session.dry:
        with session.console.step("Planning the copy", brief=True):
            planned = make_plan(session, original)
        _show_dry(session, planned)
        return
    copy = f"{original.project.name}{session.settings.suffix}"
    with claims.claimed(copy, original.docker.environment, "isolate", session.root) as claim:
        with session.console.step("Planning the copy"), claims.planning("isolate"):
            planned = make_plan(session, original)
            claim.note(ports=host_ports(planned))
        _make(session, original, planned, database_alone)


def _make(session: Session, original: Original, planned: IsolationPlan, database_alone: bool) -> None:
    with session.console.step("Verifying that the copy is apart"):
        _refuse_a_strangers_copy(original, planned)
        copy = _begin_or_forget(session, original, planned)
    with stopping_at(session, "failed"):
        if database_alone:
            start.start_database_alone(copy)
        else:
            started = start.start(copy)
    session.journal.update(stage="isolated", steps=tuple(session.console.steps))
    if not database_alone:
        show(copy, started.containers, started.faults)


def host_ports(planned: IsolationPlan) -> list[int]:
    """Return every port of this machine that a copy publishes."""
    return sorted(ports.host_ports(port for service in planned.services for port in service.ports))


def make_plan(session: Session, original: Original) -> IsolationPlan:
    """Plan the copy. Raises CannotProceed with every reason when the stack cannot be isolated."""
    facts = _facts(session, original)
    try:
        return plan(original.config, facts)
    except NotIsolable as error:
        said = ["This stack cannot be isolated:", *error.reasons]
        if error.without:
            left_out = sorted(error.without | set(session.settings.exclude_services))
            choice = (left_out, "neither Alembic's service nor the application needs them")
            raise Undecided(said, "exclude_services", [choice], tip="Nothing was started.") from error
        raise CannotProceed(said, tip="Nothing was started.") from error


def _facts(session: Session, original: Original) -> PlanInputs:
    """Gather what planning must know; what profiles would add counts as taken, and what they do not add is left out."""
    facts = gather(original.docker, original.project, original.config, session.settings)
    whole = read_whole(original)
    ports, held = declared(whole)
    return replace(
        facts,
        busy_ports=facts.busy_ports | ports,
        held={kind: names | held.get(kind, frozenset()) for kind, names in facts.held.items()},
        exclude_services=facts.exclude_services | original.inactive,
        on_profiles=profiles_of(whole),
        wanted_profiles=frozenset(session.settings.profiles if whole else ()),
    )


def _refuse_a_strangers_copy(original: Original, planned: IsolationPlan) -> None:
    """Refuse when a copy of this name stands that another folder's run (or another tool) made."""
    label = f"label={PROJECT_LABEL}={planned.project}"
    folder = '{{.Names}}, started from {{.Label "' + f"{PROJECT_LABEL}.working_dir" + '"}},'
    queries = {
        "container": ("ps", "--all", "--format", folder),
        "volume": ("volume", "ls", "--format", "{{.Name}}"),
        "network": ("network", "ls", "--format", "{{.Name}}"),
        "image": ("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"),
    }
    found = [
        f"The {kind} {name} belongs to a Compose project {planned.project} that this folder's journal does not know."
        for kind, query in queries.items()
        for name in original.docker.query_lines(*query, "--filter", label)
        if not name.startswith("<none>")
    ]
    if found:
        raise CannotProceed(found, tip=_STRANGERS)


_STRANGERS = (
    "Run `invoke cleanup` in the folder that made it, or set another `suffix`."
    " Where that folder is gone, remove them by hand, one by one."
)


def _begin_or_forget(session: Session, original: Original, planned: IsolationPlan) -> Copy:
    """Begin the run, with the copy verified; where it is not apart, nothing of the run is kept."""
    begin_run(
        session,
        original.project,
        "compose",
        made=_will_be_made(planned),
        plan=as_json(planned),
        compose_options=original.options,
        inventory=inventory.take(original.docker),
        endpoint=original.docker.endpoint.address,
        engine_id=lasting_identity(original.docker),
    )
    try:
        return write_verified(session, original, planned)
    except CannotProceed:
        session.journal.forget()
        raise


def write_verified(session: Session, original: Original, planned: IsolationPlan) -> Copy:
    """Write the copy's override and return the copy, once what Compose makes of it is apart from the original.

    Raises CannotProceed with every violation; nothing was started.
    """
    copy = copy_of(session, original, planned)
    write_whole(session.journal.override_path, render(planned), mode=0o600)
    start.verify(copy)
    return copy


def _will_be_made(planned: IsolationPlan) -> tuple[tuple[str, str], ...]:
    named = {
        "container": planned.container_names,
        "volume": planned.volume_names,
        "network": planned.network_names,
        "image": planned.image_tags,
    }
    return tuple((kind, name) for kind, names in named.items() for name in names)


# --- what is shown -----------------------------------------------------------------------------------------------


def show(copy: Copy, containers: tuple[Container, ...], faults: tuple[Fault, ...]) -> None:
    """Print what is called what, the URLs, and what is not up."""
    console, planned = copy.session.console, copy.plan
    states = {item.service: item.words() for item in containers}
    _show_plan(copy.session, planned, states, copy.original.config)
    for fault in faults:
        _show_fault(copy, fault)
    address = url(copy)
    console.result(f"The application: {address}" if address else f"The copy: {copy.plan.project}", style="bold")
    console.say("Next: invoke generate")


def _show_fault(copy: Copy, fault: Fault) -> None:
    """Print a service that is not up, the last lines of its log, and how to leave it out."""
    console, lines = copy.session.console, copy.stack.log_tail(fault.container)
    said = [line for line in lines if line.strip()][-_FAULT_LINES:]
    console.say(f"  not up: {fault.sentence()}. Nothing that is generated or proven needs it.", style="yellow")
    for line in said:
        console.say(f"    {line}", style="dim")
    console.say(f"    {fault.way_out()}")


_FAULT_LINES = 2


def url(copy: Copy) -> str:
    """Return the base URL of the copy's application; empty when it publishes no port."""
    application = copy.project.application
    service = copy.plan.service(application.service) if application else None
    if not service or not application:
        return ""
    published = [port.published for port in service.ports if port.target == application.port and port.published]
    host = bracketed(copy.plan.engine_host or LOOPBACK)
    return f"http://{host}:{published[0]}" if published else ""


def _show_plan(session: Session, planned: IsolationPlan, states: Mapping[str, str], config: Mapping[str, Any]) -> None:
    console = session.console
    host = planned.engine_host
    rows = [_service_row(item, states.get(item.service, ""), config, host) for item in planned.services]
    console.table(
        f"The copy: {planned.project}", ("service", "container", "state", "original port", "host port", "URL"), rows
    )
    resources = [("volume", item.original, item.name) for item in planned.volumes]
    resources += [("network", item.original, item.name) for item in planned.networks]
    resources += [("image", item.original, item.name) for item in planned.images]
    console.table("", ("kind", "in the original", "in the copy"), list(dict.fromkeys(resources)))
    for line in planned.changes:
        console.say(f"  changed: {line}", style="dim")
    for line in planned.warnings:
        console.say(f"  warning: {line}", style="yellow")


def _service_row(item: ServicePlan, state: str, config: Mapping[str, Any], host: str) -> tuple[str, ...]:
    ports = [port for port in item.ports if port.published]
    serves_http = bool((config["services"].get(item.service) or {}).get("build"))
    reached = [port for port in ports if not (host and is_loopback(port.host_ip))] if serves_http else []
    urls = [f"http://{bracketed(host or 'localhost')}:{port.published}" for port in reached]
    return (
        item.service,
        item.container_name,
        state,
        ", ".join(port.original or "-" for port in ports),
        ", ".join(port.published for port in ports),
        ", ".join(urls),
    )


def _show_dry(session: Session, planned: IsolationPlan) -> None:
    _show_plan(session, planned, {}, {"services": {}})
    session.console.say("The override that would be written:")
    session.console.code(render(planned), "yaml")
    session.console.say("Dry run: nothing was written and nothing was started.")
