"""behind it"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade():
    op.drop_table("notes")
    op.execute("DROP TYPE mood")


def downgrade():
    op.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))
