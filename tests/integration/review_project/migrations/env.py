"""Reads models.py anew each time: one process serves many examples, each with models of its own.

The engine stays, with what it has learned; the probe sends its connections to the example's database.
"""

import os
import sys
import types
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine, pool

path = Path(__file__).parent.parent / "models.py"
models = types.ModuleType("models")
models.__file__ = str(path)
sys.modules["models"] = models
exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), models.__dict__)
metadata = models.Base.metadata if hasattr(models, "Base") else models.metadata

if not hasattr(context, "engine"):
    context.engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with context.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, **getattr(models, "OPTIONS", {}))
    with context.begin_transaction():
        context.run_migrations()
