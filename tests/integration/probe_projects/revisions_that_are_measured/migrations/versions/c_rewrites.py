"""columns that make the table be written anew, and such that do not"""

import sqlalchemy as sa
from alembic import op

revision = "c"
down_revision = "b"


def upgrade():
    op.add_column("users", sa.Column("seen", sa.DateTime, server_default=sa.text("clock_timestamp()")))
    op.add_column("users", sa.Column("age", sa.Integer, server_default="0"))
    op.alter_column("users", "name", type_=sa.String(40))
    op.alter_column("orders", "user_id", type_=sa.BigInteger)


def downgrade():
    op.alter_column("orders", "user_id", type_=sa.Integer)
    op.alter_column("users", "name", type_=sa.String(20))
    op.drop_column("users", "age")
    op.drop_column("users", "seen")
