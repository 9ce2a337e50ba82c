import os
import sys
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine

# The revisions want it too.
sys.path.append(str(Path(__file__).resolve().parents[1] / "library"))

from models import metadata

engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
