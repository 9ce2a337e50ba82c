import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("phone", sa.String(40)))
        batch.alter_column("name", type_=sa.String(80), existing_type=sa.String(40))
        batch.alter_column("nick", server_default="y")
        batch.create_index("ix_users_phone", ["phone"])
    op.alter_column("users", "phone", comment="with the country's code")
    op.create_table_comment("users", "those who log in")


def downgrade():
    op.drop_table_comment("users")
    op.alter_column("users", "phone", comment=None)
    with op.batch_alter_table("users") as batch:
        batch.drop_index("ix_users_phone")
        batch.alter_column("nick", server_default="x")
        batch.alter_column("name", type_=sa.String(40), existing_type=sa.String(80))
        batch.drop_column("phone")
