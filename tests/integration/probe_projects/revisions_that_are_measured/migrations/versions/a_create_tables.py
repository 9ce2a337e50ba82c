"""create the tables"""

import sqlalchemy as sa
from alembic import op

revision = "a"
down_revision = None


def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), sa.Column("user_id", sa.Integer))
    op.create_index("ix_users_name", "users", ["name"])
    op.execute("CREATE SCHEMA audit")
    op.create_table("log", sa.Column("line", sa.Text), schema="audit")


def downgrade():
    op.drop_table("log", schema="audit")
    op.execute("DROP SCHEMA audit")
    op.drop_table("orders")
    op.drop_table("users")
