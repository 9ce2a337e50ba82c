from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.create_check_constraint("ck_orders_total", "orders", "total > 1000000")


def downgrade():
    op.drop_constraint("ck_orders_total", "orders", type_="check")
