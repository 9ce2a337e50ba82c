"""What the user should know before the application runs here: it does so with the project's own variables."""

from __future__ import annotations

from collections.abc import Iterable

from migrations_tools.isolation.credentials import live
from migrations_tools.isolation.hosts import known_hosts
from migrations_tools.isolation.resolved import stack, texts, undoubled
from migrations_tools.sandbox.local.local_project import Source, services_of
from migrations_tools.sandbox.session import Session


def show_cautions(session: Session, source: Source) -> None:
    """Name the variables of the application that may be live access to outside services."""
    found = live(_variables(session, source), known_hosts(stack(source.config)))
    if found:
        name = source.project.application.service if source.project.application else source.project.alembic_service
        session.console.say(
            f"  warning: {', '.join(found)} may give the application live access to outside services here too; empty "
            f"it with `environment: {_emptied(name, found)}`.",
            style="yellow",
        )


def _emptied(service: str, names: Iterable[str]) -> str:
    """Return the setting that empties variables, of a Compose service or, without one, of everything."""
    values = "{" + ", ".join(f"{name}: ''" for name in names) + "}"
    return f"{{{service}: {values}}}" if service else values


def _variables(session: Session, source: Source) -> dict[str, str]:
    found: dict[str, str] = {}
    for service in (source.application_service, source.service):
        found |= texts(undoubled(service.get("environment") or {}))
    for name in services_of(source, session.settings):
        found |= texts(session.settings.environment.get(name) or {})
    return found
