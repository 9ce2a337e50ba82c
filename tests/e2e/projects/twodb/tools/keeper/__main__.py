"""`python -m keeper upgrade`: Alembic with a Config made in code; `python -m keeper install`: create_all and stamp."""

import sys

from alembic import command
from alembic.config import Config

from keeper import models
from keeper.places import engines

config = Config()
config.set_main_option("script_location", "keeper:schema")
if sys.argv[1] == "install":
    for name, engine in engines().items():
        getattr(models, name).create_all(engine)
    command.stamp(config, "head")
else:
    command.upgrade(config, "head")
