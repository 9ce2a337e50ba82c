"""The models that env.py does not know of: asked of the probe, once for all environments of the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from migrations_tools.catalog import qualified
from migrations_tools.inapp.probe_client import ProbeError
from migrations_tools.review.context import Modules
from migrations_tools.trial.scratch import ScratchDatabases


def unimported(scratch: ScratchDatabases, without: Sequence[str] = ()) -> Modules:
    """Return the modules whose tables no environment's env.py knows of; `without` are not taken in for this once."""
    target = scratch.installed[0].target
    target = replace(target, imports=[name for name in target.imports if name not in without])
    sections = [each.section for each in scratch.sandbox.project.alembic.environments]
    try:
        answer = scratch.probe.ask(
            target.request("unimported", sections=sections), "importing the modules beside the models"
        )
    except ProbeError as error:
        return Modules(missing=error.reasons[0].rstrip("."))
    paths = {qualified(schema or "public", name): (module, holder) for schema, name, module, holder in answer["tables"]}
    return Modules(
        {path: module for path, (module, _) in paths.items()},
        dict(answer["failed"]),
        missing="",
        holders={path: holder for path, (_, holder) in paths.items() if holder},
    )
