import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.create_table("teams", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")


def downgrade():
    op.drop_table("teams")
