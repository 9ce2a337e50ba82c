"""Make a fresh database: the models' tables, and the stamp of the newest revision."""

import os

from alembic import command
from alembic.config import Config
from models import metadata
from sqlalchemy import create_engine

metadata.create_all(create_engine(os.environ["DATABASE_URL"]))
command.stamp(Config("alembic.ini"), "head")
