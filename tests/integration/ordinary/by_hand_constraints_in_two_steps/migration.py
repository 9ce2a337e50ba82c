import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)
    op.create_check_constraint("ck_orders_total", "orders", "total >= 0", postgresql_not_valid=True)
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE orders VALIDATE CONSTRAINT fk_orders_user")
        op.create_index("ix_orders_user_id", "orders", ["user_id"], postgresql_concurrently=True)
    op.add_column("orders", sa.Column("currency", sa.String(3), server_default="EUR", nullable=False))


def downgrade():
    op.drop_column("orders", "currency")
    with op.get_context().autocommit_block():
        op.drop_index("ix_orders_user_id", "orders", postgresql_concurrently=True)
    op.drop_constraint("ck_orders_total", "orders", type_="check")
    op.drop_constraint("fk_orders_user", "orders", type_="foreignkey")
