"""a foreign key, in a batch with a new column; the key's statement locks both tables"""

import sqlalchemy as sa
from alembic import op

revision = "d"
down_revision = "c"


def upgrade():
    with op.batch_alter_table("orders") as batch:
        batch.add_column(sa.Column("note", sa.Text))
        batch.alter_column("user_id", type_=sa.Integer)
        batch.execute("SELECT 1")
        batch.create_foreign_key("fk_user", "users", ["user_id"], ["id"])


def downgrade():
    with op.batch_alter_table("orders") as batch:
        batch.drop_constraint("fk_user", type_="foreignkey")
        batch.drop_column("note")
    op.alter_column("orders", "user_id", type_=sa.BigInteger)
