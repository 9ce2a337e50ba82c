"""create users"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.execute("CREATE FUNCTION new_code() RETURNS text LANGUAGE sql AS $$ SELECT 'x'::text $$")
    code = sa.Column("code", sa.String(8), server_default=sa.text("new_code()"))
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), code)
    # Its argument is of a type that the models' own DDL has not made yet when functions are made.
    op.execute("CREATE FUNCTION code_of(users) RETURNS text LANGUAGE sql AS $$ SELECT $1.code::text $$")


def downgrade():
    op.execute("DROP FUNCTION code_of(users)")
    op.drop_table("users")
    op.execute("DROP FUNCTION new_code()")
