import os

from alembic import context
from alembic.operations.ops import ExecuteSQLOp
from models import metadata
from sqlalchemy import create_engine


def with_a_grant(_context, _revision, directives):
    """Add what the project wants after every change; nobody is called so here."""
    for script in directives:
        script.upgrade_ops.ops.append(ExecuteSQLOp("GRANT SELECT ON users TO reporting"))


engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, process_revision_directives=with_a_grant)
    with context.begin_transaction():
        context.run_migrations()
