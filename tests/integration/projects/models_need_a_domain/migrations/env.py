import os

from alembic import context
from models import metadata
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    # Older versions of SQLAlchemy take a domain for the type that it is made of.
    context.configure(connection=connection, target_metadata=metadata, compare_type=False)
    with context.begin_transaction():
        context.run_migrations()
