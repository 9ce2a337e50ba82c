from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    # migrations: allow FD08 orders.ix_orders_placed_at -- nothing asks for it any more
    op.drop_index("ix_orders_placed_at", "orders")


def downgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_orders_placed_at", "orders", ["placed_at"], postgresql_concurrently=True)
