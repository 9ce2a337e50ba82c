import os

from alembic import context
from shop_models import metadata
from sqlalchemy import create_engine


def own(item, name, kind, reflected, compare_to):
    return kind != "table" or name.startswith("shop_")


engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, include_object=own, version_table="shop_versions"
    )
    with context.begin_transaction():
        context.run_migrations()
