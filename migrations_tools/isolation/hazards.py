"""What cannot be copied: each check is a function from a service to its reasons.

A service key that is in neither list below is refused too: what is not understood is not ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from migrations_tools.isolation.devices import refused_devices
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.resolved import ResolvedStack, Service
from migrations_tools.isolation.selection import needs
from migrations_tools.unknown_names import one_of, unknown_service

_LEAVE_OUT = "leave the service out with exclude_services"

# Keys that either stay apart by themselves or are handled by a module of this package.
_UNDERSTOOD = frozenset(
    [
        "annotations",
        "attach",
        "blkio_config",
        "build",
        "cap_add",
        "cap_drop",
        "cgroup",
        "cgroup_parent",
        "command",
        "configs",
        "container_name",
        "cpu_count",
        "cpu_percent",
        "cpu_period",
        "cpu_quota",
        "cpu_rt_period",
        "cpu_rt_runtime",
        "cpu_shares",
        "cpus",
        "cpuset",
        "depends_on",
        "deploy",
        "develop",
        "devices",
        "dns",
        "dns_opt",
        "dns_search",
        "domainname",
        "entrypoint",
        "env_file",
        "environment",
        "expose",
        "extra_hosts",
        "gpus",
        "group_add",
        "healthcheck",
        "hostname",
        "image",
        "init",
        "ipc",
        "label_file",
        "labels",
        "links",
        "logging",
        "mac_address",
        "mem_limit",
        "mem_reservation",
        "mem_swappiness",
        "memswap_limit",
        "network_mode",
        "networks",
        "oom_kill_disable",
        "oom_score_adj",
        "pid",
        "pids_limit",
        "platform",
        "ports",
        "post_start",
        "pre_start",
        "pre_stop",
        "privileged",
        "profiles",
        "pull_policy",
        "pull_refresh_after",
        "read_only",
        "restart",
        "runtime",
        "scale",
        "secrets",
        "security_opt",
        "shm_size",
        "stdin_open",
        "stop_grace_period",
        "stop_signal",
        "storage_opt",
        "sysctls",
        "tmpfs",
        "tty",
        "ulimits",
        "user",
        "userns_mode",
        "uts",
        "volumes",
        "volumes_from",
        "working_dir",
    ]
)
# Keys that are refused, with what they would do.
_REFUSED: Mapping[str, str] = {
    "credential_spec": "it uses Windows credentials of the host",
    "device_cgroup_rules": "it reaches devices of the host",
    "external_links": "it is linked to containers outside the stack (external_links)",
    "isolation": "it asks for an isolation technology of Windows",
    "models": "it uses models, which are processes outside the stack",
    "provider": "it is run by a provider outside the stack, which both copies would share",
    "use_api_socket": "it is given the engine's socket, with which it could stop the original's containers",
}
_TOP_LEVEL = frozenset({"name", "version", "services", "networks", "volumes", "configs", "secrets"})
_SHARED_NAMESPACES = ("pid", "ipc", "uts", "cgroup", "network_mode")


def refusals(stack: ResolvedStack, facts: PlanInputs) -> Iterator[str]:
    """Yield every reason why the stack cannot be copied, top level first, then service by service."""
    yield from _top_level(stack)
    yield from _unknown_names(stack, facts)
    for service in stack.services.values():
        for check in _CHECKS:
            yield from (f"{service.name}: {reason}" for reason in check(service))
        yield from (f"{service.name}: {reason}" for reason in _left_behind(service, stack))


def _keys(service: Service) -> Iterator[str]:
    for key, value in sorted(service.raw.items()):
        if key in _REFUSED and value:
            yield f"{_REFUSED[key]}; {_LEAVE_OUT}."
        elif key not in _REFUSED and key not in _UNDERSTOOD and not key.startswith("x-") and value:
            yield f"it uses `{key}`, which this version does not know how to keep apart; {_LEAVE_OUT}."


def shared_namespaces(service: Service) -> Iterator[str]:
    """Yield the reasons against the namespaces that the service shares with the host or a foreign container."""
    for key in _SHARED_NAMESPACES:
        kind = service.text(key).partition(":")[0]
        if kind in ("host", "container"):
            where = "the host" if kind == "host" else "a container outside the stack"
            value = service.text(key)
            yield f"{key} is `{value}`, which it shares with {where}; remove it, or {_LEAVE_OUT}."
        elif key == "network_mode" and kind not in ("", "none", "service"):
            yield (
                f"network_mode is `{service.text(key)}`, a network that the original is on too; "
                f"use a network of the stack, or {_LEAVE_OUT}."
            )


def _volumes_from(service: Service) -> Iterator[str]:
    for entry in service.sequence("volumes_from"):
        if str(entry).startswith("container:"):
            yield f"volumes_from takes the volumes of a container outside the stack; remove it, or {_LEAVE_OUT}."


_CHECKS: tuple[Callable[[Service], Iterator[str]], ...] = (_keys, shared_namespaces, _volumes_from, refused_devices)


def _top_level(stack: ResolvedStack) -> Iterator[str]:
    for key in sorted(stack.raw):
        if key not in _TOP_LEVEL and not key.startswith("x-") and stack.raw[key]:
            yield f"The Compose file uses `{key}` at its top level, which this version does not know how to keep apart."
    for kind in ("configs", "secrets"):
        for key, body in stack.used(kind).items():
            if body.get("external"):
                yield f"The {kind[:-1]} {key} is external, so that Compose cannot give it to a copy; use a file."


def _unknown_names(stack: ResolvedStack, facts: PlanInputs) -> Iterator[str]:
    existing = {*stack.services, *stack.left_out}
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", facts.copy):
        yield f"{facts.copy!r} is no Compose project name (lower-case letters, digits, - and _); set another suffix."
    needed = (("database service", facts.database_service), ("service that Alembic runs in,", facts.alembic_service))
    for role, name in needed:
        if name is not None and name not in stack.services:
            yield f"The {role} {name} is not among the copy's services."
    # A service that its profile leaves out already needs no more to be left out.
    excluded = {name for name in facts.exclude_services if name not in facts.on_profiles}
    settings: Mapping[str, Collection[str]] = {
        "environment": facts.environment,
        "exclude_services": excluded,
        "services": facts.services,
    }
    for setting, named in settings.items():
        for name in sorted(set(named) - existing):
            yield from unknown_service(f"migrations_tools.{setting}", name, existing, facts.on_profiles)
    profiles = {profile for each in facts.on_profiles.values() for profile in each}
    for name in sorted(facts.wanted_profiles - profiles - {"*"}):
        yield f"`migrations_tools.profiles` names {name!r}, which no service is on{one_of(name, profiles)}"


def _left_behind(service: Service, stack: ResolvedStack) -> Iterator[str]:
    for name in sorted(needs(service) & stack.left_out.keys()):
        yield f"it cannot run without {name}, which exclude_services leaves out; leave it out as well, or neither."
