"""visits, which need the other branch's table: the version table has this revision alone"""

import sqlalchemy as sa
from alembic import op

revision = "v1"
down_revision = None
branch_labels = ("visits",)
depends_on = ("p1",)


def upgrade():
    person = sa.Column("person", sa.Integer(), sa.ForeignKey("people.id", name="fk_visits_person"))
    op.create_table("visits", sa.Column("id", sa.Integer(), primary_key=True), person)


def downgrade():
    op.drop_table("visits")
