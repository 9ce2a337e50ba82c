import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.add_column("users", sa.Column("name", sa.String()))
    op.execute("UPDATE users SET name = first || ' ' || last")
    op.alter_column("users", "name", nullable=False)


def downgrade():
    op.drop_column("users", "name")
