import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    # migrations: allow BC01 users.fax -- read by nobody since spring
    op.drop_index("ix_users_fax", "users")
    op.drop_column("users", "fax")
    # migrations: allow BC02 faxes -- exported
    op.drop_table("faxes")


def downgrade():
    op.create_table("faxes", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("number", sa.String()))
    op.add_column("users", sa.Column("fax", sa.String()))
    op.create_index("ix_users_fax", "users", ["fax"])
