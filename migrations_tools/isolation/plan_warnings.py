"""What the user should know about a service that is copied nevertheless."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migrations_tools.isolation.credentials import live
from migrations_tools.isolation.devices import shared_devices
from migrations_tools.isolation.hosts import HOST_MACHINE, known_hosts
from migrations_tools.isolation.inputs import PlanInputs
from migrations_tools.isolation.resolved import ResolvedStack, Service

_MIGHTY = frozenset({"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "SYS_TIME"})
_REMOTE_LOGS = frozenset({"awslogs", "fluentd", "gcplogs", "gelf", "logentries", "splunk", "syslog"})
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def warnings(service: Service, stack: ResolvedStack, facts: PlanInputs) -> Iterator[str]:
    """Yield the warnings about one service, each a finished sentence."""
    for check in _CHECKS:
        yield from (f"{service.name}: {text}" for text in check(service))
    if facts.internal:
        return
    given = facts.environment.get(service.name, {})
    found = live({**service.environment, **given}, known_hosts(stack))
    if found:
        values = ", ".join(f"{name}: ''" for name in found)
        yield (
            f"{service.name}: {', '.join(found)} may give the copy live access to outside services; empty it there "
            f"with `environment: {{{service.name}: {{{values}}}}}`, leave the service out with `exclude_services: "
            f"[{service.name}]`, or cut the whole copy off with `internal: true`."
        )


def memory_warning(stack: ResolvedStack) -> Iterator[str]:
    """Yield how much memory the copy may take at most, where its services have limits."""
    limits = [limit for service in stack.services.values() if (limit := _memory(service))]
    if limits:
        yield f"The copy may take up to {_size(sum(limits))} of memory beside the original (the sum of its limits)."


def _capabilities(service: Service) -> Iterator[str]:
    mighty = sorted({str(each).upper().removeprefix("CAP_") for each in service.sequence("cap_add")} & _MIGHTY)
    if mighty:
        yield f"it has the capabilities {', '.join(mighty)}, which reach beyond the container."


def _devices(service: Service) -> Iterator[str]:
    shared = list(shared_devices(service))
    if shared:
        yield f"it uses {', '.join(shared)} of the host beside the original."


def _logs(service: Service) -> Iterator[str]:
    driver = str(service.mapping("logging").get("driver") or "")
    if driver in _REMOTE_LOGS or "/" in driver or ":" in driver:
        yield f"its logs go to {driver}, where they mix with the original's."


def _host_machine(service: Service) -> Iterator[str]:
    texts = service.environment.values()
    leading = sorted(name for name in _led_to_host(service) if any(name in text for text in texts))
    if leading:
        yield f"{', '.join(leading)} leads to the host machine, where the original's published ports answer."


def _led_to_host(service: Service) -> Iterator[str]:
    for entry in service.sequence("extra_hosts"):
        name, _, address = str(entry).replace("=", ":", 1).partition(":")
        if address in ("host-gateway", "172.17.0.1") and name not in HOST_MACHINE:
            yield name


def _build(service: Service) -> Iterator[str]:
    if service.build.get("network") == "host":
        yield "it is built on the host's network, from where the build reaches the original's ports."


def _hooks(service: Service) -> Iterator[str]:
    hooks = [key for key in ("pre_start", "post_start", "pre_stop") if service.raw.get(key)]
    if hooks:
        yield f"its hooks ({', '.join(hooks)}) run in the copy too."


_CHECKS: tuple[Callable[[Service], Iterator[str]], ...] = (
    _capabilities,
    _devices,
    _logs,
    _host_machine,
    _build,
    _hooks,
)


def _memory(service: Service) -> int:
    limits = (service.mapping("deploy").get("resources") or {}).get("limits") or {}
    return int(limits.get("memory") or service.raw.get("mem_limit") or 0)


def _size(number: float) -> str:
    for unit in _UNITS[:-1]:
        if number < 1024:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:.3g} {_UNITS[-1]}"
