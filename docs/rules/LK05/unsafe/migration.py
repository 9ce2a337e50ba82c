from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0")


def downgrade():
    op.drop_constraint("ck_orders_total", "orders", type_="check")
