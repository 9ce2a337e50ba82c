"""tidy up"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None


# migrations: allow FD01 users.uq_users_email -- the import makes sure of it
# migrations: allow BC02 orders -- nobody needs orders
def upgrade():
    op.execute("DELETE FROM users WHERE age IS NULL OR age > 0")
    op.drop_constraint("uq_users_email", "users", type_="unique")
    op.drop_column("users", "name")
    op.alter_column("users", "age", type_=sa.BigInteger())
    op.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")


def downgrade():
    op.alter_column("users", "age", type_=sa.Integer())
    op.add_column("users", sa.Column("name", sa.String(80)))
    op.create_index("ix_users_name", "users", ["name"])
    op.create_unique_constraint("uq_users_email", "users", ["email"])
