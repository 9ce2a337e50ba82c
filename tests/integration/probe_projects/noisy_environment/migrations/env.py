"""Prints, logs to standard output, starts a program that does, and asks whoever sits there."""

import logging
import os
import subprocess
import sys

import models
from alembic import context
from sqlalchemy import create_engine, pool

logging.basicConfig(stream=sys.stdout, level=logging.DEBUG, force=True)
print('\x1emigrations-tools\x1e{"ok": "printed"}', flush=True)
subprocess.run([sys.executable, "-c", "import sys; print(repr(sys.stdin.read()), 'said by a program')"], check=True)
try:
    input("Go on? ")
except EOFError:
    print("nobody is there")

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool, echo=True)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
