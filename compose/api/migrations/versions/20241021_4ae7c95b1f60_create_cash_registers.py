"""create cash registers

Revision ID: 4ae7c95b1f60
Revises: 91d2f8b3047e
Create Date: 2024-10-21 11:15:26.487093
"""

import sqlalchemy as sa
from alembic import op

revision = "4ae7c95b1f60"
down_revision = "91d2f8b3047e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cash_registers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_cash_registers_site_id_sites"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_registers")),
        sa.UniqueConstraint("site_id", "label", name=op.f("uq_cash_registers_site_id_label")),
    )
    op.create_table(
        "cash_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("register_id", sa.Integer(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=False),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "status", sa.Enum("open", "closed", name="cash_session_status"), server_default="open", nullable=False
        ),
        sa.Column("opening_float", sa.Numeric(precision=10, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("closing_count", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("opening_float >= 0", name=op.f("ck_cash_sessions_opening_float_not_negative")),
        sa.CheckConstraint(
            "closed_at IS NULL OR closed_at >= opened_at", name=op.f("ck_cash_sessions_closed_after_opening")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["users.id"], name=op.f("fk_cash_sessions_closed_by_id_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["users.id"], name=op.f("fk_cash_sessions_opened_by_id_users"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["register_id"],
            ["cash_registers.id"],
            name=op.f("fk_cash_sessions_register_id_cash_registers"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_sessions")),
    )
    op.create_index(
        "ix_cash_sessions_one_open_per_register",
        "cash_sessions",
        ["register_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    op.drop_table("cash_sessions")
    op.drop_table("cash_registers")
    op.execute("DROP TYPE cash_session_status")
