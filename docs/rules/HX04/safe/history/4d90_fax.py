import sqlalchemy as sa
from alembic import op

revision = "4d90"
down_revision = "3c8f"


def upgrade():
    op.add_column("users", sa.Column("fax", sa.String()))


def downgrade():
    op.drop_column("users", "fax")
