"""Which service of a stack is its database, which one Alembic runs in, and which is the application."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from migrations_tools import images
from migrations_tools.discovery.dockerfile import read_dockerfile
from migrations_tools.discovery.migration_command import migrating, words_of
from migrations_tools.discovery.service_links import builder_of, depends_on, is_beside, is_client, leading, same_image
from migrations_tools.discovery.services import (
    Profiled,
    Service,
    Services,
    environment,
    health_command,
    health_url,
    holds,
    mounted_at,
    published_ports,
)
from migrations_tools.discovery.setting_hints import in_yaml, line_to_write
from migrations_tools.discovery.weighing import Candidate, Mark, Role, candidate, clear_first, ranked
from migrations_tools.settings import SECTION, Settings
from migrations_tools.unknown_names import unknown_service

_DATA = ("/var/lib/postgresql", "/var/lib/pgsql", "/bitnami/postgresql")
_GIVEN = ("POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_HOST_AUTH_METHOD", "POSTGRESQL_PASSWORD")
_TEST = re.compile(r"(?:^|[-_])(?:test|tests|testing)(?:[-_]|$)", re.IGNORECASE)
_DOES_OTHERWISE = re.compile(r"\b(?:pg_dump(?:all)?|pg_restore|psql|pg_basebackup|createdb|sleep|cron|crond)\b")
_PYTHON = re.compile(r"(?:^|[/_-])(?:python|pypy|uv|uvicorn|conda|miniconda3?)(?:[:@_-]|$)")
_MIGRATES = re.compile(r"migrat|alembic", re.IGNORECASE)
_SERVER = re.compile(
    r"\b(?P<name>uvicorn|gunicorn|hypercorn|granian|daphne|waitress|fastapi|litestar|uwsgi|runserver|flask\s+run)\b"
)


@dataclass(frozen=True, slots=True)
class Roles:
    """The three parts that services play, each with its candidates."""

    database: Role
    alembic: Role
    application: Role

    def evidence(self) -> tuple[str, ...]:
        """Return a line for each part that somebody plays, with what speaks for it."""
        chosen = (role.chosen for role in (self.database, self.alembic, self.application))
        return tuple(dict.fromkeys(each.words() for each in chosen if each and each.reasons))


def weigh(settings: Settings, services: Services, anchor: Path | None, profiled: Profiled = dict) -> Roles:
    """Weigh what speaks for each service; a setting decides by itself.

    `anchor` is what the image of Alembic's service must hold: its configuration, or the revision files.
    """
    by_hand = settings.database_service
    found = tuple(each for each in databases(services) if by_hand in ("", each.service))
    known = [each.service for each in found] or [name for name in services if name == by_hand]

    def filled(role: Role) -> Role:
        name = getattr(settings, role.setting)
        return _filled(role, name, services, profiled) if name else role

    alembic = filled(_alembic(services, anchor, known))
    database = filled(_database(services, found, alembic.likeliest.service if alembic.likeliest else ""))
    return Roles(database, alembic, filled(_application(services, anchor, known)))


def _filled(role: Role, name: str, services: Services, profiled: Profiled) -> Role:
    """Return a role as its setting fills it, with what else speaks for the service."""
    if name not in services:
        mistake = unknown_service(f"{SECTION}.{role.setting}", name, services, profiled())
        return Role(role.setting, "", mistake=mistake)
    said = [reason for each in role.candidates if each.service == name for reason in each.reasons]
    chosen = Candidate(name, 0, (f"the setting `{role.setting}`", *said))
    return Role(role.setting, role.question, (chosen,), chosen)


# --- the database ------------------------------------------------------------------------------------------------


def databases(services: Services) -> tuple[Candidate, ...]:
    """Return the services that are PostgreSQL: those of a known image, else those that look like it.

    One whose variables say that its database is another host is its client, whatever else it looks like.
    """
    by_image = {name: said for name, service in services.items() if (said := _known_image(service))}
    servers = [name for name in by_image if _serves(services, name)]
    if by_image:
        return ranked(candidate(name, [(100, by_image[name])]) for name in servers or by_image)
    looking = {name: list(_looks(services, name)) for name in services if not is_client(services, name)}
    return ranked(candidate(name, marks) for name, marks in looking.items() if marks)


def _known_image(service: Service) -> str:
    image = str(service.get("image") or "")
    if images.is_postgres(image):
        return f"image {image}"
    base = read_dockerfile(service).base
    return f"image built from {base}" if images.is_postgres(base) else ""


def _serves(services: Services, name: str) -> bool:
    """Return whether a container of a PostgreSQL image runs the server: no dump, no client of another service."""
    words = " ".join(words_of(services[name]))
    return not is_client(services, name) and not _DOES_OTHERWISE.search(words)


def _looks(services: Services, name: str) -> Iterator[Mark]:
    service = services[name]
    targets = [str(volume.get("target") or "") for volume in service.get("volumes") or []]
    if any(target.startswith(_DATA) for target in targets):
        yield 40, "a volume for PostgreSQL's data"
    if "pg_isready" in health_command(service):
        yield 40, "its health check is pg_isready"
    given = sorted(set(_GIVEN) & environment(service).keys()) if service.get("build") else []
    if given:
        yield 20, f"{given[0]} is set"


def _database(services: Services, known: Collection[Candidate], alembic: str) -> Role:
    led = leading(services, alembic, [each.service for each in known]) if alembic else {}
    found = ranked(
        candidate(
            each.service,
            [
                (each.score, ""),
                *((0, reason) for reason in each.reasons),
                *_reached(services, each.service, alembic, led.get(each.service)),
            ],
        )
        for each in known
    )
    several = "More than one service was found that is PostgreSQL; say which one is meant."
    question = several if found else "No service was found that is PostgreSQL."
    hints = (line_to_write("database_service", "<service>"),)
    return Role("database_service", question, found, clear_first(found, lambda *_: False), hints)


def _reached(services: Services, name: str, alembic: str, variable: str | None) -> Iterator[Mark]:
    """Yield what speaks for one of several databases: that Alembic's service, or others, lead to it."""
    if variable:
        yield 10 if is_beside(variable) else 50, f"{variable} of {alembic} leads to it"
    if alembic and depends_on(services[alembic], name):
        yield 20, "" if variable else f"{alembic} depends on it"
    others = [each for each in services if each != alembic and leading(services, each, [name])]
    yield min(len(others), 4), ""
    if _TEST.search(name):
        yield -10, ""


# --- the service that Alembic runs in ----------------------------------------------------------------------------


def _alembic(services: Services, anchor: Path | None, known: Collection[str]) -> Role:
    """Weigh the services whose image holds the migrations; where none does, those that could be meant are named."""
    held = {name: said for name in services if anchor and (said := _held(services, name, anchor))}
    marks = {name: [*_alembic_marks(services, name, anchor, known)] for name in services if name not in known}
    if not held:
        likely = ranked(candidate(name, each) for name, each in marks.items() if sum(mark[0] for mark in each) >= 20)
        hints = [line_to_write("alembic_service", in_yaml(each.service), ", ".join(each.reasons)) for each in likely]
        # The image comes from elsewhere, and so do the models in it: none of them is taken unasked.
        question = f"No service was found whose image is built from {anchor}."
        return Role("alembic_service", question, hints=tuple(hints) or (line_to_write("alembic_service", "<service>"),))
    found = ranked(candidate(name, [(10, said), *marks.get(name, ())]) for name, said in held.items())
    question = f"More than one service was found whose image holds {anchor}; say which one is meant."
    links = {name: leading(services, name, known) for name in held}
    chosen = clear_first(found, lambda one, two: same_image(services[one], services[two]) and links[one] == links[two])
    return Role("alembic_service", question, found, chosen)


def _held(services: Services, name: str, anchor: Path) -> str:
    """Return how the image or container of a service comes to hold a file; empty where it does not."""
    if holds(services[name], anchor):
        return f"its build context holds {anchor.name}"
    builder = builder_of(services, name)
    if builder and holds(services[builder], anchor):
        return f"it runs the image that {builder} builds"
    return f"{anchor.name} is mounted" if mounted_at(services[name], anchor) else ""


def _alembic_marks(services: Services, name: str, anchor: Path | None, known: Collection[str]) -> Iterator[Mark]:
    service = services[name]
    yield from migrating(service)
    yield from _to_database(services, name, known)
    image = read_dockerfile(service)
    if anchor and image.path and image.path.parent == anchor.parent:
        yield 5, f"its Dockerfile is beside {anchor.name}"
    yield from _of_python(image.base or str(service.get("image") or ""))
    if _MIGRATES.search(name):
        yield 10, ""
    if published_ports(service):
        yield 2, ""


def _to_database(services: Services, name: str, known: Collection[str]) -> Iterator[Mark]:
    led = leading(services, name, known)
    if led:
        yield 20, "; ".join(f"{variable} leads to {database}" for database, variable in sorted(led.items()))
    waits = [database for database in known if depends_on(services[name], database)]
    if waits:
        yield 10, "" if led else f"depends on {', '.join(sorted(waits))}"


def _of_python(image: str) -> Iterator[Mark]:
    if _PYTHON.search(image):
        yield 6, f"its image is made from {image.partition('@')[0]}"


# --- the application ---------------------------------------------------------------------------------------------


def _application(services: Services, anchor: Path | None, known: Collection[str]) -> Role:
    """Weigh the services of the project's own images that publish a port; there need be none."""
    own = [name for name, each in services.items() if name not in known and _is_own(services, name, anchor)]
    found = ranked(
        candidate(name, _application_marks(services, name, anchor, known))
        for name in own
        if published_ports(services[name])
    )
    question = "More than one service was found that is built here and publishes a port; say which one is meant."
    return Role("application_service", question, found, clear_first(found, lambda *_: False))


def _is_own(services: Services, name: str, anchor: Path | None) -> bool:
    built = bool(services[name].get("build") or builder_of(services, name))
    return built or bool(anchor and mounted_at(services[name], anchor))


def _application_marks(services: Services, name: str, anchor: Path | None, known: Collection[str]) -> Iterator[Mark]:
    service = services[name]
    if anchor and (said := _held(services, name, anchor)):
        yield 30, said
    yield from _to_database(services, name, known)
    image = read_dockerfile(service)
    if match := _SERVER.search(" ".join(words_of(service) or image.command)):
        yield 10, f"its command runs {match['name']}"
    yield from _of_python(image.base)
    if health_url(service):
        yield 10, "its health check asks over HTTP"
    yield 0, f"publishes port {published_ports(service)[0]}"
