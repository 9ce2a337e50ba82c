"""Where a run's databases come from when no container is: the protocol of an embedded cluster and a server of yours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from migrations_tools.discovery.project import Project
from migrations_tools.engines.postgres import Server
from migrations_tools.images import Image
from migrations_tools.inapp.advice import Advice
from migrations_tools.sandbox.local.local_project import Source
from migrations_tools.sandbox.protocol import short_name
from migrations_tools.sandbox.session import Session


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A run's database as the application reaches it, and as the tool does (`server`).

    `options` are the further parameters of libpq that the application's connections need.
    """

    server: Server
    user: str
    database: str
    password: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """Where the databases of a run without containers come from; it lives as long as a task."""

    @property
    def session(self) -> Session:
        """The task's tools."""

    @property
    def name(self) -> str:
        """The engine's name."""

    @property
    def is_reached_by_one_address(self) -> bool:
        """Return whether whatever leads to another address leads elsewhere: no alias, no pooler stands before it."""

    @property
    def advice(self) -> Advice:
        """What to do where the server lacks something."""

    def refuse_other_version(self, image: Image) -> None:
        """Refuse a version that the engine does not have. Raises CannotProceed, before anything is made."""

    def describe(self, source: Source) -> str:
        """Return which server it is, for `doctor`. Raises CannotProceed when it cannot be used."""

    def database(self, project: Project) -> str:
        """Return the name of the database that the migrations go to."""

    def names(self, source: Source) -> dict[str, str]:
        """Return what each of the project's databases is called on the temp server; empty where there is only one."""

    def make(self, source: Source) -> None:
        """Make the run's databases, marked from the start; all that is made stands in the journal before."""

    def find(self, project: Project) -> Whereabouts:
        """Return the whereabouts of the run's database. Raises CannotProceed when its server does not run any more."""

    def programs(self) -> str | None:
        """Return the folder of the server's programs; None where this machine's serve."""

    def remove(self) -> None:
        """Remove what `make` made, having checked that it is the run's; safe to call twice, and without the project."""


def scratch_of(database: str, purpose: str, suffix: str) -> str:
    """Return the name of a scratch database beside a database: `shop_temp` -> `shop_models_temp`."""
    return short_name(database.removesuffix(suffix), 40) + f"_{purpose}{suffix}"
