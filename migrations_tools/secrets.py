"""What goes out: passwords are masked, and nothing in a text of other people's making steers the terminal."""

from __future__ import annotations

import re

# A password may hold "@" although it should not: up to the last "@" before the path. Or "/": up to the first "@".
# What follows a host name and starts with a port (http://api:8000/@me) is a path.
_URL_PASSWORD = re.compile(
    r"(?P<head>[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@'\"]*:)(?P<password>[^\s/?#'\"]+|(?!\d+/)[^\s@'\"]+)(?=@)"
)
# https://TOKEN@host: a user without a password is one where it is that long.
_URL_TOKEN = re.compile(r"(?P<head>\bhttps?://)(?P<password>[^\s:/@'\"]{16,})(?=@)")
# What may stand for a secret: in quotes, or up to the next sign that ends a word.
_VALUE = r"(?P<password>'[^']*'|\"[^\"]*\"|[^\s'\",;&)}\]]+)"
# password=x, POSTGRES_PASSWORD: x, {'password': 'x'}, ?password=x&y=z, DB_PASS=x; PWD is a shell's folder.
_KEY_PASSWORD = re.compile(
    r"(?P<head>(?:password|passwd|passphrase|secret|(?:secret|private|signing|encryption)_key|api_?key|access_key"
    r"|[_-](?:pass|pwd|token)|(?<![a-z_-])(?:pass|token)(?=['\"]?=|['\"]\s*:)|(?<![a-z_-])(?-i:pwd|Pwd)"
    r"|[?&](?:key|sig|signature|auth))"
    r"['\"]?\s*[=:]\s*)" + _VALUE,
    re.IGNORECASE,
)
# --password x, --db-password=x, --api-token x; a word of a sentence about the option is none.
_OPTION = re.compile(
    r"(?P<head>--(?:[a-z0-9]+-)*(?:password|passwd|pass|pwd|secret|token|api-?key)(?:\s+|=))"
    r"(?!(?:and|for|has|is|must|needs|not|or|to|was)\b)" + _VALUE,
    re.IGNORECASE,
)
# Authorization: Bearer x; a scheme that is named in a sentence, or whose value is filled in later, is none.
_SCHEME = re.compile(
    r"(?P<head>\b(?:Bearer|Basic)\s+)(?!(?:auth|error|realm|scheme|token)\w*\b)(?P<password>[A-Za-z0-9._~+/-]{6,}=*)"
)
# CREATE ROLE ... PASSWORD 'x', as SQL writes it.
_SQL_PASSWORD = re.compile(r"(?P<head>\bpassword\s+E?')(?P<password>(?:[^']|'')*)(?='(?!'))", re.IGNORECASE)
_SQL_DOLLARS = re.compile(r"(?P<head>\bpassword\s+\$(?P<tag>\w*)\$)(?P<password>.*?)(?=\$(?P=tag)\$)", re.IGNORECASE)
# What configparser says of a URL with an unescaped %: the rest of it, which is the rest of the password.
_INTERPOLATION = re.compile(r"(?P<head>'%' must be followed by '%' or '\(', found: )(?P<password>'.*'|\".*\")")
_PATTERNS = (_URL_PASSWORD, _URL_TOKEN, _SQL_PASSWORD, _SQL_DOLLARS, _OPTION, _SCHEME, _KEY_PASSWORD, _INTERPOLATION)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def masked(text: str) -> str:
    """Return the text with what stands for a secret, in URLs and after such a name or word, replaced by asterisks."""
    for pattern in _PATTERNS:
        text = pattern.sub(r"\g<head>***", text)
    return text


def harmless(text: str) -> str:
    """Return the text without colours, every other sign that could steer a terminal made visible."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", _COLOUR.sub("", text))
