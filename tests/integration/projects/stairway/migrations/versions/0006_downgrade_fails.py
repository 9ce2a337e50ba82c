"""downgrade fails"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    op.create_index("ix_users_lower", "users", [sa.text("lower(name)")])


def downgrade():
    op.drop_index("ix_users_upper")
