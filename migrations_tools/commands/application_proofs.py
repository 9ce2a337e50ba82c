"""What the application shows of itself: its answers over HTTP, and what the services' logs say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, replace

from migrations_tools.discovery.services import Application
from migrations_tools.http_settings import Access, access
from migrations_tools.proofs import http, login, logs
from migrations_tools.proofs.http import Asker
from migrations_tools.proofs.http_client import Client
from migrations_tools.proofs.log_window import Logs, LogWatch
from migrations_tools.proofs.proof import Proof, not_checked
from migrations_tools.sandbox.protocol import Installation, Sandbox
from migrations_tools.settings import Settings


def read_access(settings: Settings) -> Access:
    """Read how the application is to be asked. Raises CannotProceed when a variable of the environment is missing."""
    return access(asdict(settings), os.environ)


def ask(sandbox: Sandbox, installation: Installation, found: Access) -> tuple[Client, list[Proof]]:
    """Ask the application everything and return the proofs, and the client that knows what must not be shown."""
    settings, (base, reason) = sandbox.session.settings, installation.url()
    client = Client(base, settings.http_timeout, found.headers, found.secrets)
    if not base:
        return client, [not_checked(http.HEALTH, reason), not_checked(http.ROUTES, reason)]
    application = sandbox.project.application or Application("", 0, settings.health_path or "/")
    asker = Asker(
        client, LogWatch(installation.logs, client.hide), installation.absent_services(), sandbox.session.console.count
    )
    proofs = [http.health(asker, application.health_path)]
    if found.login:
        client, proof = login.log_in(client, found.login, asker.watch)
        asker = replace(asker, client=client, watch=LogWatch(installation.logs, client.hide))
        proofs.append(proof)
    listed = bool(found.paths or found.requests)
    routes = http.routes(asker, settings.openapi_path, listed)
    proofs += [routes] if routes else []
    proofs += [http.asked_for(asker, found.paths, found.requests)] if listed else []
    return client, proofs


def length(sandbox: Sandbox, installation: Installation) -> int:
    """Return how long the database's log is, to know later what was written in between."""
    return sum(map(len, installation.logs(sandbox.project.database.service).values()))


def clean_logs(sandbox: Sandbox, found: Logs, span: tuple[int, int], since: str, client: Client) -> Sequence[Proof]:
    """Prove that the logs are clean; of the database's, what this tool did on scratch databases (`span`) is left out.

    Where no log is kept, because nothing was started, nothing is said: then the application was not checked either.
    """
    database = sandbox.project.database.service
    kept = {service: logs.without(lines, span) if service == database else lines for service, lines in found.items()}
    return [logs.clean(kept, since, sandbox.session.settings.log_patterns, client.hide)] if kept else []
