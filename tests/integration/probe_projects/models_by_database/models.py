"""The models of each pair, by the name of its database."""

import os
import runpy
from pathlib import Path


def of(database):
    name = database.rpartition("_")[0]
    return runpy.run_path(str(Path(os.environ["PAIRS"]) / name / "models.py"))
