"""checks after changes too"""

from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("CREATE TRIGGER checks_changes BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION checked()")


def downgrade():
    op.execute("DROP TRIGGER checks_changes ON orders")
