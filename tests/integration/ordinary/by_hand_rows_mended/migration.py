import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    connection = op.get_bind()
    for (number,) in connection.execute(sa.text("SELECT id FROM users")).fetchall():
        connection.execute(sa.text("UPDATE users SET email = trim(email) WHERE id = :id"), {"id": number})
    op.execute(sa.text("UPDATE users SET points = :none WHERE points < :none").bindparams(none=0))
    op.execute("DELETE FROM sessions WHERE expires < now() - interval '1 year'")


def downgrade():
    """Leave the rows as they are: mended they serve the old version too."""
