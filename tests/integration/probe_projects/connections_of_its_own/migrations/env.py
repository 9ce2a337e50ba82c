"""Opens its connections by a function of its own, and greets each one."""

import os
from importlib import import_module

import models
from alembic import context
from sqlalchemy import create_engine, event, pool

driver = import_module(os.environ["DRIVER"])
url = os.environ["DATABASE_URL"]
engine = create_engine(f"postgresql+{driver.__name__}://", creator=lambda: driver.connect(url), poolclass=pool.NullPool)


@event.listens_for(engine, "connect")
def greet(connection, _record):
    connection.cursor().execute("SELECT 'hello'")


with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
