"""users, and a trigger that watches what is made"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(80)))
    op.execute("CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'")
    op.execute("CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watch()")


def downgrade():
    op.execute("DROP EVENT TRIGGER watch")
    op.execute("DROP FUNCTION watch()")
    op.drop_table("users")
