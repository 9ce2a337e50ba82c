"""tickets"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    state = sa.Enum("open", "done", name="state")
    columns = (sa.Column("id", sa.Integer(), primary_key=True), sa.Column("state", state, nullable=False))
    op.create_table("tickets", *columns)


def downgrade():
    op.drop_table("tickets")
    op.execute("DROP TYPE state")
