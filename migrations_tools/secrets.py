"""What goes out: passwords are masked, and nothing in a text of other people's making steers the terminal."""

from __future__ import annotations

import re

# A password may hold "@" although it should not: up to the last "@" before the path. Or "/": up to the first "@".
# What follows a host name and starts with a port (http://api:8000/@me) is a path.
_URL_PASSWORD = re.compile(
    r"(?P<head>[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@'\"]*:)(?P<password>[^\s/?#'\"]+|(?!\d+/)[^\s@'\"]+)(?=@)"
)
# password=x, POSTGRES_PASSWORD: x, {'password': 'x'}, ?password=x&y=z
_KEY_PASSWORD = re.compile(
    r"(?P<head>(?:password|passwd|secret|secret_key|api_?key|access_key|auth_token|access_token)['\"]?\s*[=:]\s*)"
    r"(?P<password>'[^']*'|\"[^\"]*\"|[^\s'\",;&)}\]]+)",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def masked(text: str) -> str:
    """Return the text with what stands for a password, in URLs and after such a name, replaced by asterisks."""
    return _KEY_PASSWORD.sub(r"\g<head>***", _URL_PASSWORD.sub(r"\g<head>***", text))


def harmless(text: str) -> str:
    """Return the text without colours, every other sign that could steer a terminal made visible."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", _COLOUR.sub("", text))
