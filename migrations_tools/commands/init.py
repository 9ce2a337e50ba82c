"""init: look at the project, ask what it does not say, show the files that would be written, write, check them."""

from __future__ import annotations

import os
import shlex
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from migrations_tools.commands.inspect import doctor
from migrations_tools.discovery.alembic import FLASK, Setup, find_setup
from migrations_tools.discovery.alembic_config import find_config
from migrations_tools.discovery.compose_files import ComposeFiles, find_optional
from migrations_tools.discovery.service_roles import Roles, weigh
from migrations_tools.discovery.services import Services, application_of, health_url
from migrations_tools.discovery.setting_hints import Undecided, in_yaml, line_to_write
from migrations_tools.discovery.weighing import Candidate, Role
from migrations_tools.engines.compose import compose_options, resolved
from migrations_tools.errors import CannotProceed, CommandFailed, MigrationsToolsError
from migrations_tools.files import write_whole
from migrations_tools.journal import FOLDER
from migrations_tools.sandbox.session import Session
from migrations_tools.secrets import masked
from migrations_tools.settings import SECTION, Settings, changed, describe

T = TypeVar("T")

# Invoke reads the first of these that is there: a new invoke.yaml would hide the others.
_CONFIGURATIONS = ("invoke.yaml", "invoke.yml", "invoke.json", "invoke.py")
_TASKS = ("tasks.py", "tasks/__init__.py")
_WIDTH = 112


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


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that is not there yet."""

    path: Path
    text: str
    language: str


def init(session: Session, yes: bool) -> None:
    """Show the files that would be written, ask unless `yes`, write them, and end with `doctor`.

    Where several values fit a setting, a terminal is asked which one is meant; else the likeliest is taken, and marked.
    Raises CannotProceed, after showing the files, when there is a configuration already: nothing is overwritten; and
    with what `doctor` refuses.
    """
    by_hand = not yes and not session.dry and _on_terminal()
    found = look(session, _by_hand(session) if by_hand else None)
    answers = found.by_setting
    drafts = _drafts(session, answers)
    _show(session, drafts, answers)
    _refuse_existing([session.root / name for name in _CONFIGURATIONS])
    if session.dry:
        session.console.say("Dry run: nothing was written.")
        return
    if yes or _agreed(session, drafts):
        _write(drafts)
        session.console.result(f"Wrote {_names(drafts)}.", style="green")
        session.console.say(f"{FOLDER}/, where the tasks keep their state, tells git to ignore it by itself.")
        _check(session, found.settings, _names(drafts))


def _check(session: Session, chosen: Settings, written: str) -> None:
    """Do what `doctor` will do with the files. Raises CannotProceed with what it refuses."""
    program = "invoke" if _has_our_tasks(session.root) else "migrations-tools"
    session.console.say(f"What `{program} doctor` says of it:")
    try:
        doctor(replace(session, settings=chosen))
    except MigrationsToolsError as error:
        tip = f"{written} is written. Mend this, then: {program} doctor"
        raise CannotProceed(error.reasons, tip=" ".join(filter(None, [error.tip, tip]))) from error
    session.console.result("Nothing is missing.", style="green")
    session.console.say(f"Next: {program} isolate")


# --- what is found -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Answers:
    """Runs one discovery after the other and keeps, for each setting, what came of it.

    `settings` are those of the project with what was chosen since; `choose` asks which of several values is meant.
    """

    root: Path
    settings: Settings
    choose: Callable[[Undecided], int] | None = None
    by_setting: dict[str, SettingAnswer] = field(default_factory=dict)

    def ask(self, setting: str, find: Callable[[Settings], T]) -> T | None:
        """Return what is found with the settings; None, with the reasons kept, where nothing is."""
        try:
            return find(self.settings)
        except Undecided as error:
            self._decide(error)
            return self.ask(setting, find)
        except CannotProceed as error:
            before, after = line_to_write("setting", "value").split("setting: value")
            lines = [line for line in error.reasons if line.startswith(before)]
            notes = [local(line, self.root) for line in error.reasons if line not in lines]
            choices = [line.removeprefix(before).removesuffix(after) for line in lines]
            self.by_setting[setting] = SettingAnswer(open=True, notes=tuple(notes), choices=tuple(choices))
            return None

    def _decide(self, error: Undecided) -> None:
        choices = list(error.choices)
        value, why = choices.pop(self.choose(error) if self.choose else 0)
        reason = f" ({why})" if why else ""
        note = f"The likeliest of {len(choices) + 1}{reason}; see whether it is meant, or take another of these lines:"
        others = tuple(f"{error.setting}: {in_yaml(each)}" for each, _ in choices)
        self.settings = changed(self.settings, **{error.setting: value})
        self.by_setting[error.setting] = (
            SettingAnswer(value, fixed=True)
            if self.choose
            else SettingAnswer(value, fixed=True, guessed=True, notes=(note,), choices=others)
        )

    def fix(self, setting: str, value: Any, *notes: str) -> None:
        """Keep what is to be set: which of the project's parts is which, so that a new one makes no doubt."""
        self.by_setting.setdefault(setting, SettingAnswer(value, fixed=True, notes=notes))

    def mention(self, setting: str, value: Any, source: str) -> None:
        """Keep what every task reads anew from its source."""
        notes = (f"Found in {source}, and read there by every task.",)
        self.by_setting.setdefault(setting, SettingAnswer(value, notes=notes))


def look(session: Session, choose: Callable[[Undecided], int] | None = None) -> _Answers:
    """Return what discovery says of the settings, by name, with Docker where it answers; a failure is an answer too.

    Of several values that fit, `choose` says which one is meant; without it, the likeliest is.
    """
    found = _Answers(session.root, session.settings, choose)
    found.fix("engine", session.settings.engine)
    compose = found.ask("compose_files", lambda chosen: find_optional(session.root, chosen, os.environ))
    config = _look_at_stack(session, found, compose) if compose else None
    services: Services = (config or {}).get("services") or {}
    setup = _look_at_alembic(session, found, services)
    if config:
        found.mention("project_name", config["name"], "the Compose configuration")
    if config and session.settings.engine in ("auto", "compose"):
        _look_at_services(found, services, setup.anchor if setup else None)
    found.by_setting |= _set_already(session.settings)
    return found


def _look_at_stack(session: Session, found: _Answers, compose: ComposeFiles) -> Mapping[str, Any] | None:
    files = [_relative(path, session.root) for path in compose.files]
    if compose.source == "found":
        found.fix("compose_files", files)
    else:
        found.mention("compose_files", files, local(compose.source, session.root))
    options = compose_options(compose, session.root, found.settings)
    try:
        return resolved(session.docker(), options, found.settings.project_name)
    except (CannotProceed, CommandFailed) as error:
        reasons = ["The services are not filled in: the stack could not be read.", *error.reasons]
        found.by_setting["database_service"] = SettingAnswer(notes=tuple(local(line, found.root) for line in reasons))
        return None


def _look_at_alembic(session: Session, found: _Answers, services: Services) -> Setup | None:
    root = session.root
    command = bool(session.settings.alembic_command)
    config = None if command else found.ask("alembic_config", lambda chosen: find_config(root, chosen, services))
    if config:
        found.fix("alembic_config", _relative(config, root))
    setup = found.ask("versions", lambda chosen: find_setup(root, chosen, services)) if config or command else None
    if setup:
        found.mention("versions", [_relative(path, root) for path in setup.versions], "the Alembic configuration")
    if setup and setup.command == FLASK:
        found.mention("alembic_command", shlex.join(FLASK), "an env.py of Flask-Migrate")
    return setup


def _look_at_services(found: _Answers, services: Services, anchor: Path | None) -> None:
    _look_at_role(found, services, anchor, lambda roles: roles.database)
    if anchor:
        _look_at_role(found, services, anchor, lambda roles: roles.alembic)
    application = _look_at_role(found, services, anchor, lambda roles: roles.application, needed=False)
    if application and health_url(services[application.service]):
        path = application_of(application.service, services).health_path
        found.mention("health_path", path, "the health check")


def _look_at_role(
    found: _Answers, services: Services, anchor: Path | None, pick: Callable[[Roles], Role], needed: bool = True
) -> Candidate | None:
    role = pick(weigh(found.settings, services, anchor))
    if not (needed or role.candidates):
        return None
    chosen = found.ask(role.setting, lambda settings: pick(weigh(settings, services, anchor)).settled())
    if chosen:
        found.fix(role.setting, chosen.service, f"{chosen.words()}.")
    return chosen


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


# --- the files ---------------------------------------------------------------------------------------------------

_HEAD = f"""\
# The settings of the migration tasks in this project, with what `init` found. `doctor` says what they come to.
# A line that is commented out shows the default, or what every task finds by itself.
# {FOLDER}/, where the tasks keep their state, tells git to ignore it by itself.
{SECTION}:
"""

_TASKS_FILE = '''\
"""The tasks of this project: `invoke --list` shows them."""

from migrations_tools import ns

__all__ = ["ns"]
'''


def settings_file(answers: Mapping[str, SettingAnswer]) -> str:
    """Return the text of `invoke.yaml`: every setting with its words, set where its answer is fixed."""
    blank = Settings()
    blocks = [
        _block(name, words, getattr(blank, name), answers.get(name, SettingAnswer()))
        for name, words in describe().items()
    ]
    return _HEAD + "\n".join(blocks)


def _block(name: str, words: str, default: Any, answer: SettingAnswer) -> str:
    prose = [line for text in (words, *answer.notes) for line in _wrapped(text)]
    line = f"{name}: {in_yaml(default if answer.value is None else answer.value)}"
    commented = [*prose, *(answer.choices or ([] if answer.fixed else [line]))]
    lines = [f"  # {text}" for text in commented] + ([f"  {line}"] if answer.fixed else [])
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _drafts(session: Session, answers: Mapping[str, SettingAnswer]) -> list[Draft]:
    drafts = [Draft(session.root / "invoke.yaml", settings_file(answers), "yaml")]
    if not _tasks_files(session.root):
        drafts.append(Draft(session.root / "tasks.py", _TASKS_FILE, "python"))
    return drafts


def _tasks_files(root: Path) -> list[Path]:
    return [root / name for name in _TASKS if os.path.lexists(root / name)]


def _has_our_tasks(root: Path) -> bool:
    return any("migrations_tools" in path.read_text(encoding="utf-8", errors="replace") for path in _tasks_files(root))


# --- showing, asking, writing ------------------------------------------------------------------------------------


def _show(session: Session, drafts: Sequence[Draft], answers: Mapping[str, SettingAnswer]) -> None:
    console = session.console
    for draft in drafts:
        console.say(f"{draft.path} would be:", style="bold")
        console.say()
        console.code(draft.text.rstrip("\n"), draft.language)
        console.say()
    for name, answer in answers.items():
        if answer.guessed:
            taken = f"{name}: {in_yaml(answer.value)} is the likeliest of {len(answer.choices) + 1}"
            console.result(f"{taken}; see whether it is meant.", style="yellow")
    unsettled = [name for name, answer in answers.items() if answer.open]
    if unsettled:
        console.say(f"Left open, with the reasons in the comments: {', '.join(unsettled)}.", style="yellow")
    existing = _tasks_files(session.root)
    if existing and not _has_our_tasks(session.root):
        console.say(
            f"{existing[0].relative_to(session.root)} is left as it is. `migrations-tools` works beside it; for"
        )
        console.say("these tasks under `invoke`, add `migrations_tools.ns` to its namespace with `add_collection`.")


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _by_hand(session: Session) -> Callable[[Undecided], int]:
    """Return what asks on the terminal which of several values is meant; nothing but a number of theirs will do."""

    def choose(error: Undecided) -> int:
        session.console.say(local(error.question, session.root))
        for number, (value, why) in enumerate(error.choices, 1):
            session.console.say(f"  {number}  {in_yaml(value)}" + (f"  ({why})" if why else ""))
        numbers = {str(number): number - 1 for number in range(1, len(error.choices) + 1)}
        answer = None
        while answer not in numbers:
            try:
                answer = input(f"{error.setting} [1]: ").strip() or "1"
            except EOFError:
                answer = "1"
        return numbers[answer]

    return choose


def _agreed(session: Session, drafts: Sequence[Draft]) -> bool:
    if not _on_terminal():
        session.console.say("Nothing was written: there is no terminal to ask on. With --yes it is written unasked.")
        return False
    try:
        answer = input(f"Write {_names(drafts)}? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() in ("y", "yes"):
        return True
    session.console.say("Nothing was written.")
    return False


def _names(drafts: Sequence[Draft]) -> str:
    return " and ".join(draft.path.name for draft in drafts)


def _refuse_existing(paths: Sequence[Path]) -> None:
    reasons = [f"{path} exists, and nothing is overwritten." for path in paths if os.path.lexists(path)]
    if reasons:
        raise CannotProceed(reasons, tip="Nothing was written. Take over by hand what you like of the text above.")


def _write(drafts: Sequence[Draft]) -> None:
    """Write all of the files or none. Raises CannotProceed when one is there by now or cannot be written."""
    # Somebody may have made one of them while the question stood on the screen.
    _refuse_existing([draft.path for draft in drafts])
    written: list[Path] = []
    try:
        for draft in drafts:
            write_whole(draft.path, draft.text)
            written.append(draft.path)
    except OSError as error:
        for path in written:
            path.unlink()
        raise CannotProceed(f"{draft.path} cannot be written: {error.strerror}.", tip="Nothing was written.") from error
