from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT ck_orders_total CHECK (total > 1000000) NOT VALID")


def downgrade():
    op.drop_constraint("ck_orders_total", "orders", type_="check")
