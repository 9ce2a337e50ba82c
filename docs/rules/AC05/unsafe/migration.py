"""the view made again"""

from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("DROP VIEW own_accounts")
    op.execute("CREATE VIEW own_accounts AS SELECT id FROM accounts")


def downgrade():
    op.execute("DROP VIEW own_accounts")
    op.execute("CREATE VIEW own_accounts WITH (security_invoker = true) AS SELECT id FROM accounts")
