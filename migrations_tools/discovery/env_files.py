"""Files of variables, `.env` and those that settings name, read with python-dotenv."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from dotenv.parser import parse_stream
from dotenv.variables import parse_variables

from migrations_tools.errors import CannotProceed

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})


def variable_files(folder: Path, named: Sequence[Path], environment: Mapping[str, str]) -> list[Path]:
    """Return the files of variables that Compose reads in a folder: those named with `--env-file`, else its `.env`."""
    if named:
        return list(named)
    wanted = environment.get("COMPOSE_DISABLE_ENV_FILE", "") not in _TRUE and (folder / ".env").is_file()
    return [folder / ".env"] if wanted else []


def read_env_files(files: Sequence[Path], outer: Mapping[str, str]) -> dict[str, str]:
    """Read files of variables, the later over the earlier; each may use what `outer` and the earlier ones say.

    A name without a value takes that of `outer`. Raises CannotProceed when a file cannot be read or is not valid.
    """
    values: dict[str, str] = {}
    for file in files:
        values |= _parse(file, _text(file), {**values, **outer})
    return values


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotProceed(f"The file of variables {file} cannot be read: {error}.") from error


def _parse(file: Path, text: str, outer: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            raise CannotProceed(f"{file}, line {binding.original.line}: this is no `NAME=value`.")
        if binding.key is None:
            continue
        if binding.value is not None:
            known = {**values, **outer}
            values[binding.key] = "".join(atom.resolve(known) for atom in parse_variables(binding.value))
        elif binding.key in outer:
            values[binding.key] = outer[binding.key]
    return values
