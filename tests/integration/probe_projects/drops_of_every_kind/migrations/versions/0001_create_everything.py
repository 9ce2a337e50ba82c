"""create everything"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE SCHEMA shop")
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'it''s \\:fine')")
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(100)),
        sa.Column("lead_id", sa.Integer()),
        sa.Column("motto", sa.Text(), server_default="go"),
        sa.UniqueConstraint("name", name="uq_teams_name"),
        schema="shop",
    )
    op.create_index("ix_teams_motto", "teams", ["motto"], schema="shop")
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(100), sa.CheckConstraint("email <> ''", name="ck_users_email")),
        sa.Column("team_id", sa.Integer(), sa.ForeignKey("shop.teams.id", name="fk_users_team")),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_foreign_key("fk_teams_lead_old", "teams", "users", ["lead_id"], ["id"], source_schema="shop")
    op.create_index("ix_users_lower_email", "users", [sa.text("lower(email)")])
    op.create_index("ix_users_team", "users", ["team_id"], unique=True)
    op.create_table(
        "legacy_users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id")),
        sa.Column("mood", postgresql.ENUM("sad", "it's :fine", name="mood", create_type=False)),
        sa.Column("moods", sa.Text(), sa.CheckConstraint("moods <> ''")),
    )
    op.create_index("ix_legacy_users_user_id", "legacy_users", ["user_id"])


def downgrade():
    op.drop_table("legacy_users")
    op.drop_constraint("fk_teams_lead_old", "teams", schema="shop", type_="foreignkey")
    op.drop_table("users")
    op.drop_table("teams", schema="shop")
    op.execute("DROP TYPE mood")
    op.execute("DROP SCHEMA shop")
