"""create users"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE DOMAIN short_code AS varchar(8)")
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("ALTER TABLE users ADD COLUMN code short_code")


def downgrade():
    op.drop_table("users")
    op.execute("DROP DOMAIN short_code")
