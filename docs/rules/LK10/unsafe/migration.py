import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column("orders", sa.Column("country", sa.CHAR(2)))
    for code in ("AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "NO", "PL", "PT", "SE"):
        op.execute(f"INSERT INTO countries VALUES ('{code}', '{code}') ON CONFLICT DO NOTHING")


def downgrade():
    op.execute("DELETE FROM countries WHERE code = name")
    op.drop_column("orders", "country")
