from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.create_foreign_key(None, "orders", "users", ["user_id"], ["id"], postgresql_not_valid=True)


def downgrade():
    op.drop_constraint(None, "orders", type_="foreignkey")
