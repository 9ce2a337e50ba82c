"""create users"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE SCHEMA shop")
    op.create_table("teams", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("teams.id", name="fk_users_team")),
        sa.Column("other_team_id", sa.Integer(), sa.ForeignKey("teams.id")),
    )


def downgrade():
    op.drop_table("users")
    op.drop_table("teams")
    op.execute("DROP SCHEMA shop")
