"""What discovery says of each setting, for `init`; of several values that fit, the one that is chosen."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from migrations_tools.discovery.alembic import Setup, command_without_config, find_setup
from migrations_tools.discovery.alembic_config import find_config
from migrations_tools.discovery.compose_files import ComposeFiles, find_optional
from migrations_tools.discovery.service_roles import Roles, weigh
from migrations_tools.discovery.services import Services, application_of, health_url
from migrations_tools.discovery.setting_hints import Undecided, in_yaml, line_to_write
from migrations_tools.discovery.weighing import Candidate, Role
from migrations_tools.engines.compose import compose_options, resolved
from migrations_tools.errors import CannotProceed, CommandFailed
from migrations_tools.report.console import Console
from migrations_tools.sandbox import select
from migrations_tools.sandbox.session import Session
from migrations_tools.secrets import masked
from migrations_tools.settings import Settings, changed, describe

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SettingAnswer:
    """What discovery says of one setting.

    A value that is not `fixed` is shown in a comment: its source, a Compose or Alembic file, stays the one truth. One
    that is `guessed` is the likeliest of several, and `choices` are the lines of the others. Where nothing fits, the
    answer is `open` and `choices` are the lines to fill in.
    """

    value: Any = None
    fixed: bool = False
    guessed: bool = False
    open: bool = False
    notes: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(slots=True)
class Answers:
    """Runs one discovery after the other and keeps, for each setting, what came of it.

    `settings` are those of the project with what was chosen since; `choose` asks which of several values is meant,
    if any is.
    """

    root: Path
    settings: Settings
    choose: Callable[[Undecided], int | None] | None = None
    by_setting: dict[str, SettingAnswer] = field(default_factory=dict)

    def ask(self, setting: str, find: Callable[[Settings], T]) -> T | None:
        """Return what is found with the settings; None, with the reasons kept, where nothing is."""
        try:
            return find(self.settings)
        except CannotProceed as error:
            if isinstance(error, Undecided) and self._decide(error):
                # Without containers, there is nothing more to ask of the services.
                return None if error.setting == "engine" else self.ask(setting, find)
            before, after = line_to_write("setting", "value").split("setting: value")
            lines = [line for line in error.reasons if line.startswith(before)]
            notes = [local(line, self.root) for line in error.reasons if line not in lines]
            choices = [line.removeprefix(before).removesuffix(after) for line in lines]
            self.by_setting[setting] = SettingAnswer(open=True, notes=tuple(notes), choices=tuple(choices))
            return None

    def _decide(self, error: Undecided) -> bool:
        """Keep one of the values and return whether there is one: an engine that was asked for is never replaced."""
        if error.setting == "engine" and not select.is_open(self.settings):
            return False
        chosen = self.choose(error) if self.choose else 0
        if chosen is None:
            return False
        choices = list(error.choices)
        value, why = choices.pop(chosen)
        self.settings = changed(self.settings, **{error.setting: value})
        self.by_setting[error.setting] = (
            SettingAnswer(value, fixed=True) if self.choose else self._guessed(error, value, why, choices)
        )
        return True

    def _guessed(self, error: Undecided, value: Any, why: str, others: Sequence[tuple[Any, str]]) -> SettingAnswer:
        reason = f" ({why})" if why else ""
        note = f"The likeliest of {len(others) + 1}{reason}; see whether it is meant, or take another of these lines:"
        if not others:
            note = f"Written by `init --yes`{reason}; see whether it is meant."
        notes = (*(local(line, self.root) for line in error.said[1:]), note)
        choices = tuple(f"{error.setting}: {in_yaml(each)}" for each, _ in others)
        return SettingAnswer(value, fixed=True, guessed=True, notes=notes, choices=choices)

    def fix(self, setting: str, value: Any, *notes: str) -> None:
        """Keep what is to be set: which of the project's parts is which, so that a new one makes no doubt."""
        self.by_setting.setdefault(setting, SettingAnswer(value, fixed=True, notes=notes))

    def mention(self, setting: str, value: Any, source: str) -> None:
        """Keep what every task reads anew from its source."""
        notes = (f"Found in {source}, and read there by every task.",)
        self.by_setting.setdefault(setting, SettingAnswer(value, notes=notes))


def look(session: Session, choose: Callable[[Undecided], int | None] | None = None) -> Answers:
    """Return what discovery says of the settings, by name, with Docker where it answers; a failure is an answer too.

    Of several values that fit, `choose` says which one is meant; without it, the likeliest is.
    """
    found = Answers(session.root, session.settings, choose)
    found.fix("engine", session.settings.engine)
    compose = found.ask("compose_files", lambda chosen: find_optional(session.root, chosen, os.environ))
    config = _look_at_stack(session, found, compose) if compose else None
    services: Services = (config or {}).get("services") or {}
    setup = _look_at_alembic(session, found, services)
    if config:
        found.mention("project_name", config["name"], "the Compose configuration")
    if config:
        _look_at_services(found, services, setup.anchor if setup else None)
        _look_at_copy(session, found)
    found.by_setting |= _set_already(session.settings)
    return found


def _look_at_stack(session: Session, found: Answers, compose: ComposeFiles) -> Mapping[str, Any] | None:
    files = [_relative(path, session.root) for path in compose.files]
    if compose.source == "found":
        found.fix("compose_files", files)
    else:
        found.mention("compose_files", files, local(compose.source, session.root))
    options = compose_options(compose, session.root, found.settings)
    try:
        return resolved(session.compose(), options, found.settings.project_name)
    except (CannotProceed, CommandFailed) as error:
        reasons = ["The services are not filled in: the stack could not be read.", *error.reasons]
        found.by_setting["database_service"] = SettingAnswer(notes=tuple(local(line, found.root) for line in reasons))
        return None


def _look_at_alembic(session: Session, found: Answers, services: Services) -> Setup | None:
    root = session.root
    written = command_without_config(root, found.settings, services)
    command = bool(session.settings.alembic_command or written)
    config = None if command else found.ask("alembic_config", lambda chosen: find_config(root, chosen, services))
    if config:
        found.fix("alembic_config", _relative(config, root))
    setup = found.ask("versions", lambda chosen: find_setup(root, chosen, services)) if config or command else None
    if setup:
        found.mention(
            "versions",
            [_relative(path, root) for path in setup.versions],
            "the Alembic configuration" if config else "its folders",
        )
    if setup and setup.is_flasks:
        found.mention("alembic_command", shlex.join(setup.command), "an env.py of Flask-Migrate")
    elif setup and setup.command:
        found.mention("alembic_command", shlex.join(setup.command), "the project's own scripts or documentation")
    return setup


def _look_at_services(found: Answers, services: Services, anchor: Path | None) -> None:
    _look_at_role(found, services, anchor, lambda roles: roles.database)
    if anchor:
        _look_at_role(found, services, anchor, lambda roles: roles.alembic)
    application = _look_at_role(found, services, anchor, lambda roles: roles.application, needed=False)
    if application and health_url(services[application.service]):
        path = application_of(application.service, services).health_path
        found.mention("health_path", path, "the health check")


def _look_at_role(
    found: Answers, services: Services, anchor: Path | None, pick: Callable[[Roles], Role], needed: bool = True
) -> Candidate | None:
    role = pick(weigh(found.settings, services, anchor))
    if not ((needed or role.candidates) and select.may_be_containers(found.settings)):
        return None
    chosen = found.ask(role.setting, lambda settings: pick(weigh(settings, services, anchor)).settled())
    if chosen:
        found.fix(role.setting, chosen.service, f"{chosen.words()}.")
    return chosen


def _look_at_copy(session: Session, found: Answers) -> None:
    """Plan the copy where one would be made, so that what stands in its way is settled where a setting can do it."""
    if any(answer.open for answer in found.by_setting.values()):
        return
    if not found.ask("exclude_services", lambda chosen: _can_be_isolated(session, chosen)):
        # No setting settles it: `doctor` says so at the end.
        found.by_setting.pop("exclude_services", None)


def _can_be_isolated(session: Session, chosen: Settings) -> bool:
    select.choose(replace(session, console=Console(quiet=True), settings=chosen)).check_isolable()
    return True


def _set_already(chosen: Settings) -> dict[str, SettingAnswer]:
    """Return an answer for what is set elsewhere; its value may be a secret or of this machine, and is not repeated."""
    blank = Settings()
    names = [name for name in describe() if name != "engine" and getattr(chosen, name) != getattr(blank, name)]
    return dict.fromkeys(names, SettingAnswer(notes=("It is set already, in another place that Invoke reads.",)))


def local(text: str, root: Path) -> str:
    """Return a sentence fit for a file that a team shares: without this machine's paths and without passwords."""
    if root != root.parent:
        text = text.replace(f"{root}{os.sep}", "").replace(str(root), "the project's root")
    return masked(text)


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root.resolve())).as_posix()
