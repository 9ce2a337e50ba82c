"""What leads from one service of a stack to another: variables, images by name, depends_on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from migrations_tools.discovery.postgres_addresses import hosts_named, hosts_of_urls
from migrations_tools.discovery.services import Service, Services, build_context, environment
from migrations_tools.discovery.variables import names_of

_DATABASE_URL = re.compile(r"(?<![\w.])(?:postgres(?:ql)?|postgis)(?:\+\w+)?://", re.IGNORECASE)
_DSN_HOST = re.compile(r"(?:^|\s)host(?:addr)?\s*=\s*'?(?P<host>[^\s']+)")
_DATABASE_HOST = re.compile(
    r"(?:.*_)?(?:PG|POSTGRES|POSTGRESQL|DB|DATABASE|SQL)_?(?:\w+_)?(?:HOST|HOSTNAME|HOSTADDR|SERVER|ADDR|ADDRESS)",
    re.IGNORECASE,
)
_HERE = re.compile(r"|localhost|127(?:\.\d+){3}|0\.0\.0\.0|::1|\*|/.*", re.IGNORECASE)
# Variables that name a database beside the application's own, and those whose value is no host although it looks so.
_BESIDE = re.compile(r"(?:^|_)(?:TESTS?|READ\w*|REPLICA|SHADOW|LEGACY|OLD|BACKUP|SOURCE|RO)(?:_|$)", re.IGNORECASE)
_NO_HOST = re.compile(r"IMAGE|VERSION|TAG$|PASSWORD|SECRET", re.IGNORECASE)


def leading(services: Services, service: str, targets: Collection[str]) -> dict[str, str]:
    """Return which of the targets a service's variables lead to, each with the variable that says so best."""
    found: dict[str, str] = {}
    variables = environment(services[service])
    for target in targets:
        names = names_of({"services": services}, target)
        naming = [name for name, text in variables.items() if names & _hosts(name, text)]
        if naming and target != service:
            found[target] = min(naming, key=lambda name: _plainness(name, variables[name]))
    return found


def is_beside(variable: str) -> bool:
    """Return whether a variable names another database than the application's own: one for tests, a replica."""
    return bool(_BESIDE.search(variable))


def _hosts(name: str, text: str) -> frozenset[str]:
    if _NO_HOST.search(name):
        return hosts_of_urls(text)
    return hosts_named(name, text) | {match["host"] for match in _DSN_HOST.finditer(text)}


def _plainness(name: str, text: str) -> tuple[bool, bool, int, str]:
    return is_beside(name), not _DATABASE_URL.search(text), len(name), name


def is_client(services: Services, service: str) -> bool:
    """Return whether a service's variables say that its database is another host than itself."""
    own = names_of({"services": services}, service)
    return any(
        host not in own and not _HERE.fullmatch(host)
        for name, text in environment(services[service]).items()
        for host in _database_hosts(name, text)
    )


def _database_hosts(name: str, text: str) -> Iterator[str]:
    if _DATABASE_URL.search(text):
        yield from hosts_of_urls(text)
    elif _DATABASE_HOST.fullmatch(name):
        yield from (part.strip().partition(":")[0] for part in text.split(","))
    yield from (match["host"] for match in _DSN_HOST.finditer(text))


def same_image(one: Service, other: Service) -> bool:
    """Return whether two services run one image: of one name, or built in one way."""
    if one.get("image") and other.get("image"):
        return bool(one["image"] == other["image"])
    return bool(one.get("build")) and _recipe(one) == _recipe(other)


def _recipe(service: Service) -> tuple[object, ...]:
    build: Mapping[str, object] = service.get("build") or {}
    return build_context(service), *(build.get(key) for key in ("dockerfile", "dockerfile_inline", "target", "args"))


def builder_of(services: Services, service: str) -> str:
    """Return another service that builds the image that a service takes by name; empty when none does."""
    image = services[service].get("image")
    if not image or services[service].get("build"):
        return ""
    builders = (name for name, each in services.items() if each.get("build") and each.get("image") == image)
    return next(iter(sorted(builders)), "")


def depends_on(service: Service, target: str) -> bool:
    """Return whether a service waits for another one at its start."""
    return target in (service.get("depends_on") or {})
