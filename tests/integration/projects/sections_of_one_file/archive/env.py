import os

from alembic import context
from archive_models import metadata
from sqlalchemy import create_engine


def own(item, name, kind, reflected, compare_to):
    return kind != "table" or name.startswith("archive_")


engine = create_engine(os.environ["ARCHIVE_URL"])
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=metadata, include_object=own, version_table="archive_versions"
    )
    with context.begin_transaction():
        context.run_migrations()
