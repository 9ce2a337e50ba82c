"""An engine whose statements are not sent as they were made."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, event, pool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)


@event.listens_for(engine, "before_cursor_execute", retval=True)
def rewrite(_connection, _cursor, statement, parameters, _context, _many):
    return statement.replace("CREATE TABLE users", "CREATE TABLE people"), parameters


with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
