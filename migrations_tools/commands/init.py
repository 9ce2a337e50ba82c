"""init: look at the project, ask what it does not say, show the files that would be written, write, check them."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrations_tools.commands.inspect import doctor
from migrations_tools.commands.setting_answers import SettingAnswer, local, look
from migrations_tools.discovery.setting_hints import Undecided, in_yaml
from migrations_tools.errors import CannotProceed, MigrationsToolsError
from migrations_tools.files import write_whole
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import SECTION, Settings, changed, describe

# Invoke reads the first of these that is there: a new invoke.yaml would hide the others.
_CONFIGURATIONS = ("invoke.yaml", "invoke.yml", "invoke.json", "invoke.py")
_TASKS = ("tasks.py", "tasks/__init__.py")
_WIDTH = 112


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
        fixed = {name: answer.value for name, answer in answers.items() if answer.fixed}
        _check(session, changed(session.settings, **fixed))


def _check(session: Session, chosen: Settings) -> None:
    """Do what `doctor` will do with the files. Raises CannotProceed with what it refuses."""
    program = "invoke" if _has_our_tasks(session.root) else "migrations-tools"
    session.console.say(f"What `{program} doctor` says of it:")
    try:
        doctor(replace(session, settings=chosen))
    except MigrationsToolsError as error:
        raise CannotProceed(error.reasons, tip=f"Mend this, then run `{program} doctor`.") from error
    session.console.result(
        "The settings are complete. Where env.py leads with them shows at the first `check`.", style="green"
    )
    session.console.say(f"Next: {program} check")


# --- the files ---------------------------------------------------------------------------------------------------

_HEAD = f"""\
# The settings of the migration tasks in this project, with what `init` found. `doctor` says what they come to.
# A line that is commented out shows the default, or what every task finds by itself.
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
            console.result(f"{name}: {in_yaml(answer.value)}. {answer.notes[-1]}", style="yellow")
            for choice in answer.choices:
                console.result(f"  {choice}", style="yellow")
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


def _by_hand(session: Session) -> Callable[[Undecided], int | None]:
    """Return what asks on the terminal which of several values is meant; None for none of them."""

    def choose(error: Undecided) -> int | None:
        for line in error.said:
            session.console.say(local(line, session.root))
        for number, (value, why) in enumerate(error.choices, 1):
            session.console.say(f"  {number}  {in_yaml(value)}" + (f"  ({why})" if why else ""))
        session.console.say("  0  none of these")
        numbers: dict[str, int | None] = {str(number + 1): number for number in range(len(error.choices))}
        numbers["0"] = None
        answer = ""
        while answer not in numbers:
            try:
                answer = input(f"{error.setting} [1]: ").strip() or "1"
            except EOFError:
                answer = "0"
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
