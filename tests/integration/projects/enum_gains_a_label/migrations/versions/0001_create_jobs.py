"""create jobs"""

from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE TYPE job_state AS ENUM ('new', 'done')")
    op.execute("CREATE TABLE jobs (id serial PRIMARY KEY, state job_state DEFAULT 'new', past job_state[])")


def downgrade():
    op.execute("DROP TABLE jobs")
    op.execute("DROP TYPE job_state")
