import os

from alembic import context
from models import metadata
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection, connection.begin() as transaction:
    context.configure(connection=connection, target_metadata=metadata)
    context.run_migrations()
    transaction.rollback()
