"""A trap for one run of the tool: it stops at a chosen event, and the test does there what it likes.

Events are counted inside the run: commands that it gives to `docker` (one that it has given before counts once, so that
polling moves nothing), or changes of files. So a number names the same moment on a slow machine and on a fast one.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Takes the place of `docker`. It becomes the real program at every command but the chosen one.
_DOCKER = """#!/bin/sh
case " $* " in
*" build "*|*" up "*|*" start "*|*" run "*|*" exec "*|*" down "*|*" rm "*) kinds="commands changes" ;;
*) kinds=commands ;;
esac
case " $kinds " in *" $TRAP_COUNTS "*) ;; *) exec {docker} "$@" ;; esac
folder=$TRAP_FOLDER
line=$(for word in "$@"; do printf '%s ' "$word"; done | tr '\\n' ' ')
if grep -qxF -e "$line" "$folder/seen"; then exec {docker} "$@"; fi
printf '%s\\n' "$line" >> "$folder/seen"
if [ "$(wc -l < "$folder/seen")" -ne "$TRAP_NUMBER" ]; then exec {docker} "$@"; fi

stop() {
    printf '%s\\n' "$line" > "$folder/reached.part"
    mv "$folder/reached.part" "$folder/reached"
    until [ -e "$folder/go" ]; do
        kill -0 "$PPID" 2>/dev/null || exit 137
        sleep 0.02
    done
}
case $TRAP_HOW in
before) stop; exec {docker} "$@" ;;
after) {docker} "$@"; code=$?; stop; exit $code ;;
fails) stop; echo 'Error response from daemon: the test says no' >&2; exit 1 ;;
is-lost) {docker} "$@" >/dev/null 2>&1; stop; echo 'error during connect: the answer was lost: EOF' >&2; exit 1 ;;
esac
"""
# Python imports this by itself. An audit hook is called before the event.
_HOOK = '''"""Ends or interrupts the process before its so-and-so-many-th change of a file."""
import os
import signal
import sys

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "fcntl.flock")


def _changes_nothing(event, path):
    return (event == "os.mkdir" and os.path.isdir(path)) or (event == "os.remove" and not os.path.lexists(path))


def _watch(folder, number, signal_number, below):
    count = 0

    def hook(event, arguments):
        nonlocal count
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if not writes and event not in _CHANGES:
            return
        if event != "fcntl.flock":
            path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes, os.PathLike)) else ""
            if not path.startswith(below) or _changes_nothing(event, path):
                return
        count += 1
        if count == number:
            with open(os.path.join(folder, "reached"), "w") as file:
                file.write(event + " " + " ".join(map(str, arguments)))
            os.kill(os.getpid(), signal_number)

    sys.addaudithook(hook)


if os.environ.get("TRAP_COUNTS") == "files":
    _watch(os.environ["TRAP_FOLDER"], int(os.environ["TRAP_NUMBER"]), getattr(signal, os.environ["TRAP_HOW"]),
           tuple(os.environ["TRAP_BELOW"].split(os.pathsep)))
'''


@dataclass(frozen=True, slots=True)
class Trap:
    """The folder through which the test and the trap talk, and the folders whose files count."""

    folder: Path
    below: tuple[Path, ...]

    @property
    def programs(self) -> Path:
        """Return the folder that comes first on PATH."""
        return self.folder / "bin"

    @property
    def modules(self) -> Path:
        """Return the folder that comes first on PYTHONPATH."""
        return self.folder / "python"

    def set(self, counts: str, number: int, how: str) -> dict[str, str]:
        """Set the trap for the next run; give the variables that it needs."""
        for name in ("seen", "reached", "go"):
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / "seen").touch()
        below = ":".join(map(str, self.below))
        return {
            "TRAP_FOLDER": str(self.folder),
            "TRAP_COUNTS": counts,
            "TRAP_NUMBER": str(number),
            "TRAP_HOW": how,
            "TRAP_BELOW": below,
        }

    def reached(self) -> str:
        """Describe at which event the run stopped; empty when it has not."""
        path = self.folder / "reached"
        return path.read_text().strip() if path.exists() else ""

    def seen(self) -> list[str]:
        """Return the commands that were counted, oldest first."""
        return (self.folder / "seen").read_text().splitlines()

    def release(self) -> None:
        """Let the run go on."""
        (self.folder / "go").touch()


def make_trap(folder: Path, below: Iterable[Path]) -> Trap:
    """Write the program and the module that a trap is made of."""
    trap = Trap(folder, tuple(below))
    for place in (trap.programs, trap.modules):
        place.mkdir(parents=True)
    program = trap.programs / "docker"
    program.write_text(_DOCKER.replace("{docker}", shlex.quote(str(shutil.which("docker")))))
    program.chmod(0o755)
    (trap.modules / "sitecustomize.py").write_text(_HOOK)
    return trap
