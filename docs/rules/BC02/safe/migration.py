import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    # migrations: allow BC02 faxes -- no release since spring reads it
    op.drop_table("faxes")


def downgrade():
    op.create_table(
        "faxes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("number", sa.String(), nullable=False),
    )
