import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = None


def upgrade():
    op.add_column("users", sa.Column("email", sa.String()))


def downgrade():
    pass
