"""The models of each pair, by the name of its database."""

import os
import runpy


def of(database):
    name = database.rpartition("_")[0]
    return runpy.run_path(os.path.join(os.environ["PAIRS"], name, "models.py"))
