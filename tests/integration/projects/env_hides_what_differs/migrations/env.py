"""Leaves out of the comparison whatever only the database has."""

import os

import models
from alembic import context
from sqlalchemy import create_engine


def is_compared(_item, _name, _kind, reflected, compare_to):
    return not reflected or compare_to is not None


with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection, target_metadata=models.metadata, include_object=is_compared)
    with context.begin_transaction():
        context.run_migrations()
