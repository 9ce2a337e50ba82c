"""an index in the transaction and one beside it"""

from alembic import op

revision = "b"
down_revision = "a"


def upgrade():
    op.create_index("ix_orders_user", "orders", ["user_id"])
    with op.get_context().autocommit_block():
        op.create_index("ix_orders_both", "orders", ["id", "user_id"], postgresql_concurrently=True)
    op.execute("COMMENT ON TABLE orders IS 'what was ordered'")


def downgrade():
    op.drop_index("ix_orders_both", table_name="orders")
    op.drop_index("ix_orders_user", table_name="orders")
    op.execute("COMMENT ON TABLE orders IS NULL")
