import os

import models  # noqa: F401
from alembic import context
from sqlalchemy import create_engine
from sqlmodel import SQLModel

engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    with context.begin_transaction():
        context.run_migrations()
