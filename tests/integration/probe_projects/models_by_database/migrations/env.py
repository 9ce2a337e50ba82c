"""Models that depend on the database; what is empty is thrown away, as Alembic's recipe has it."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, pool, text


def throw_away_what_is_empty(_context, _revision, directives):
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []


engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    found = models.of(connection.execute(text("SELECT current_database()")).scalar())
    connection.rollback() if hasattr(connection, "rollback") else None
    options = {"compare_type": True, **found.get("OPTIONS", {})}
    context.configure(
        connection=connection,
        target_metadata=found["Base"].metadata,
        process_revision_directives=throw_away_what_is_empty,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()
