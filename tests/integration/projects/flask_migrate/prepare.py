"""Make the migrations folder as its users do."""

import os
import subprocess
import sys
from pathlib import Path

os.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/nowhere"
subprocess.run([sys.executable, "-m", "flask", "db", "init"], check=True, capture_output=True)
Path("migrations/versions/0001_create_users.py").write_text('''"""create users"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(200), nullable=False),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )


def downgrade():
    op.drop_table("users")
''')
