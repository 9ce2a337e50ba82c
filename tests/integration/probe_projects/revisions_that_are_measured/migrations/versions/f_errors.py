"""an error that is caught, and one in the middle of a batch"""

import sqlalchemy as sa
from alembic import op

revision = "f"
down_revision = "e"


def upgrade():
    connection = op.get_bind()
    savepoint = connection.begin_nested()
    try:
        connection.execute(sa.text("SELECT 1 / 0"))
    except sa.exc.DBAPIError:
        savepoint.rollback()
    op.execute("LOCK TABLE audit.log IN SHARE MODE")
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("fine", sa.Text))
        batch.add_column(sa.Column("name", sa.Text))


def downgrade():
    raise NotImplementedError("the rows are gone")
