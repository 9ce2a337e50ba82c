"""Tells an application that migrates itself while it is built from the command that it is built for.

An application may upgrade its database in its factory, before the models of its plug-ins are imported. Only the command
that comes after that sees all of them; where none comes, the end of the program does.
"""

from __future__ import annotations

import atexit
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Functions that build an application, by custom; Flask's own command line calls one in `load_app`.
_FACTORIES = frozenset({"create_app", "make_app", "build_app", "app_factory", "create_application", "load_app"})
_IMPORTING = ("importlib._bootstrap", "_find_and_load")


def is_building() -> bool:
    """Return whether a module is being imported, or an application's factory runs."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_name
        if name in _FACTORIES or (frame.f_globals.get("__name__"), name) == _IMPORTING:
            return True
        frame = frame.f_back
    return False


def when_it_ends(function: Callable[[], Any]) -> None:
    """Call a function when the program ends, or begins to listen: a server does not end."""
    _Later.function = function
    if not _Later.is_set:
        _Later.is_set = True
        atexit.register(_call)
        sys.addaudithook(lambda event, _arguments: _call() if event == "socket.listen" else None)


class _Later:
    function: Callable[[], Any] | None = None
    is_set = False


def _call() -> None:
    if _Later.function is not None:
        function, _Later.function = _Later.function, None
        function()
