import sqlalchemy as sa
from alembic import op

revision = "3c8f"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("phone", sa.String()))


def downgrade():
    op.drop_column("users", "phone")
