from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"], postgresql_concurrently=True)


def downgrade():
    op.drop_index("ix_orders_placed_at", "orders")
