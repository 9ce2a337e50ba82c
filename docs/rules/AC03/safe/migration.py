"""another function"""

from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("CREATE FUNCTION highest() RETURNS int LANGUAGE sql AS 'SELECT max(amount) FROM salaries'")


def downgrade():
    op.execute("DROP FUNCTION highest()")
