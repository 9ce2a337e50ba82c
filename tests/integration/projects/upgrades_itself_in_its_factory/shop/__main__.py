"""`python -m shop db current`: the factory upgrades the database, and only then are the plug-ins imported."""

import importlib
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

config = Config()
config.set_main_option("script_location", str(Path(__file__).parent / "schema"))
others = Config()
others.set_main_option("script_location", str(Path(__file__).parent / "sessions"))


def create_app():
    command.upgrade(config, "head")
    importlib.import_module("shop.plugin")


command.upgrade(others, "head")
create_app()
print("the shop is built")
command.current(config)
sys.exit("the shop goes on")
