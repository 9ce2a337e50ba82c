import os

from alembic import context
from models import Base
from sqlalchemy import create_engine, pool


def include_name(name, kind, parents):
    return name == "shop" if kind == "schema" else True


arguments = {"options": "-csearch_path=shop,public"}
engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool, connect_args=arguments)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=include_name,
        version_table_schema="public",
    )
    with context.begin_transaction():
        context.run_migrations()
