"""Asks somewhere else for the password whenever it connects; a first listener opens the connection itself."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, event, pool
from sqlalchemy.engine import make_url

url = make_url(os.environ["DATABASE_URL"])
engine = create_engine(url.set(password="wrong"), poolclass=pool.NullPool)


@event.listens_for(engine, "do_connect")
def fetch_password(_dialect, _record, _arguments, parameters):
    parameters["password"] = url.password


with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
