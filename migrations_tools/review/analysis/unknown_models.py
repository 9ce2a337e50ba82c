"""The tables that the project's modules define and env.py does not know of, in words."""

from __future__ import annotations

from typing import Final

from migrations_tools.review.context import Modules

#: The rule that speaks of them, by which an allowance names them.
CODE: Final = "IN12"


def sentence(table: str, modules: Modules) -> str:
    """Write that nobody has told Alembic of a table, and where its model is."""
    return f"The table {table} of the module {modules.tables[table]} is in no metadata that env.py gives to Alembic."


def import_line(table: str, modules: Modules) -> str:
    """Write what is to stand in env.py for Alembic to see a table."""
    module, holder = modules.tables[table], modules.holders.get(table, "")
    if holder:
        return (
            f"In env.py, import it and give Alembic its metadata as well: `from {module} import {holder}`, and"
            f" `{holder}.metadata` in the list of `target_metadata`."
        )
    return f"In env.py, before the metadata is given to context.configure(): import {module}"


def unasked_sentences(modules: Modules) -> tuple[tuple[str, str], ...]:
    """Return what could not be looked at, by module; by nothing where none could."""
    if modules.missing:
        return (("env.py", f"Not checked whether env.py knows of every model: {modules.missing}."),)
    return tuple(
        (module, f"Not checked whether env.py knows of the models of {module}: importing it fails ({error}).")
        for module, error in modules.failed.items()
    )
