import os

from alembic import context
from models import metadata
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"]).connect() as c:
    context.configure(connection=c, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
