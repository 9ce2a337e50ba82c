"""no checks any more"""

from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("DROP TRIGGER checks ON orders")


def downgrade():
    op.execute("CREATE TRIGGER checks BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION checked()")
