"""Files of variables, `.env` and `env_file`, as Compose reads them (https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax)."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping, Sequence
from pathlib import Path

from migrations_tools.discovery.compose_yaml.failing import fail
from migrations_tools.discovery.compose_yaml.interpolation import substituted
from migrations_tools.errors import CannotProceed

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_SKIPPED = re.compile(r"(?:\s+|#[^\n]*)*")
_KEY = re.compile(r"(?:export[ \t]+)?(?P<key>[\w.\-\[\]]+)[ \t]*(?:(?P<sign>[=:])[ \t]*|(?=\n|\Z))")
_QUOTED = {
    '"': re.compile(r'"(?P<value>(?:\\.|[^"\\])*)"[ \t]*(?:#[^\n]*)?(?=\n|\Z)', re.DOTALL),
    "'": re.compile(r"'(?P<value>(?:\\'|[^'])*)'[ \t]*(?:#[^\n]*)?(?=\n|\Z)"),
}
_ESCAPE = re.compile(r'\\(?:([abfnrtv$"\\])|0([0-7]{1,3}))')
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "$": "$$"}


def variable_files(folder: Path, named: Sequence[Path], environment: Mapping[str, str]) -> list[Path]:
    """Return the files of variables that Compose reads in a folder: those named with `--env-file`, else its `.env`."""
    if named:
        return list(named)
    wanted = environment.get("COMPOSE_DISABLE_ENV_FILE", "") not in _TRUE and (folder / ".env").is_file()
    return [folder / ".env"] if wanted else []


def read_files(files: Sequence[Path], outer: Mapping[str, str]) -> dict[str, str]:
    """Read files of variables, the later over the earlier; each may use what `outer` and the earlier ones say.

    Raises CannotProceed when one cannot be read or is not valid.
    """
    values: dict[str, str] = {}
    for file in files:
        values |= parse(_text(file), ChainMap(dict(outer), values), str(file))
    return values


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotProceed(f"The file of variables {file} cannot be read: {error}.") from error


def parse(text: str, outer: Mapping[str, str], place: str) -> dict[str, str]:
    """Return the variables of a text. In a value, `outer` comes before what the text itself says further up.

    A name without a value takes that of `outer`. Raises CannotProceed with the line where the text is not valid.
    """
    values: dict[str, str] = {}
    position = _after_blanks(text, 0)
    while position < len(text):
        line = f"{place}, line {text.count(chr(10), 0, position) + 1}"
        key = _KEY.match(text, position)
        if not key:
            fail(line, "this is no `NAME=value`.")
        position = key.end()
        if key["sign"]:
            value, position = _value(text, position, ChainMap(dict(outer), values), line)
            values[key["key"]] = value
        elif key["key"] in outer:
            values[key["key"]] = outer[key["key"]]
        position = _after_blanks(text, position)
    return values


def _after_blanks(text: str, position: int) -> int:
    match = _SKIPPED.match(text, position)
    return match.end() if match else position


def _value(text: str, position: int, variables: Mapping[str, str], line: str) -> tuple[str, int]:
    quote = text[position : position + 1]
    if quote in _QUOTED and quote:
        match = _QUOTED[quote].match(text, position)
        if not match:
            fail(line, "the quotes are not closed, or something follows them.")
        return _unquoted(match["value"], quote, variables, line), match.end()
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    plain = text[position:end].split(" #", 1)[0].rstrip()
    return substituted(plain, variables, line), end


def _unquoted(value: str, quote: str, variables: Mapping[str, str], line: str) -> str:
    if quote == "'":
        return value.replace("\\'", "'")
    return substituted(_ESCAPE.sub(_character, value), variables, line)


def _character(match: re.Match[str]) -> str:
    return chr(int(match[2], 8)) if match[2] else _ESCAPED.get(match[1], match[1])
