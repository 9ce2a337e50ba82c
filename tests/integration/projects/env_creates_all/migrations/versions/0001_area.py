"""area, of a table of the time before Alembic"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.add_column("farms", sa.Column("area", sa.Integer()))


def downgrade():
    op.drop_column("farms", "area")
