import os

from alembic import context
from models import metadata
from sqlalchemy import create_engine, text


def own_schemas(name, kind, parents):
    return name in (None, "shop") if kind == "schema" else True


engine = create_engine(os.environ["DATABASE_URL"])
with engine.begin() as connection:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS bookkeeping"))
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_schemas=True,
        include_name=own_schemas,
        version_table="schema_history",
        version_table_schema="bookkeeping",
    )
    with context.begin_transaction():
        context.run_migrations()
