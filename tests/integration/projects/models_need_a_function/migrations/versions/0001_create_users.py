"""create users"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE FUNCTION new_code() RETURNS text LANGUAGE sql AS $$ SELECT 'x'::text $$")
    code = sa.Column("code", sa.String(8), server_default=sa.text("new_code()"))
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), code)


def downgrade():
    op.drop_table("users")
    op.execute("DROP FUNCTION new_code()")
