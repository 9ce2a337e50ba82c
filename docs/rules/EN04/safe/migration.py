import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.create_table(
        "returns",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("status", postgresql.ENUM(name="order_status", create_type=False), nullable=False),
    )


def downgrade():
    op.drop_table("returns")
