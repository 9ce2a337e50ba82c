"""parcels"""

from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE TYPE size AS ENUM ('small', 'large')")
    op.execute("CREATE TYPE way AS ENUM ('road', 'air')")
    op.execute("CREATE TYPE mood AS ENUM ('calm', 'angry')")
    op.execute(
        "CREATE TABLE parcels (id serial PRIMARY KEY, size size NOT NULL, way way NOT NULL, mood mood, payment text)"
    )


def downgrade():
    op.execute("DROP TABLE parcels")
    op.execute("DROP TYPE size, way, mood")
