"""`python -m shop db upgrade`: Alembic with a Config made in code and a connection of the program's own."""

import argparse
import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

parser = argparse.ArgumentParser(prog="shop")
parser.add_argument("group", choices=["db"])
parser.add_argument("verb", choices=["upgrade", "current"])
arguments = parser.parse_args()
config = Config()
config.set_main_option("script_location", str(Path(__file__).parent / "schema"))
print("the shop is open")
with create_engine(os.environ["SHOP_DATABASE"]).connect() as connection:
    config.attributes["connection"] = connection
    if arguments.verb == "upgrade":
        command.upgrade(config, "head")
    else:
        command.current(config)
    connection.commit()
print("the shop is closed")
