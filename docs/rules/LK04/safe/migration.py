from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)


def downgrade():
    op.drop_constraint("fk_orders_user", "orders", type_="foreignkey")
