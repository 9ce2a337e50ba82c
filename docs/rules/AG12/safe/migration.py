import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.add_column("users", sa.Column("email", sa.String()))


def downgrade():
    op.drop_column("users", "email")
