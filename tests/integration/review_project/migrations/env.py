"""Reads models.py anew each time: one process serves many examples, each with models of its own."""

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

url = (path.parent / "database_url.txt").read_text(encoding="utf-8")
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, **getattr(models, "OPTIONS", {}))
    with context.begin_transaction():
        context.run_migrations()
