"""Writes a history that is longer than one run of env.py takes: a column each, and one that leaves its column."""

from pathlib import Path

REVISION = '''"""column {number}"""

import sqlalchemy as sa
from alembic import op

revision = "{number:04}"
down_revision = {down}


def upgrade():
    {up}


def downgrade():
    {back}
'''
TABLE = 'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))', 'op.drop_table("users")'
MODELS = """from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("users", metadata, Column("id", Integer, primary_key=True), *(Column(f"c{n}", Integer) for n in range(1, 47)))
"""

Path("migrations/versions").mkdir(exist_ok=True)
for number in range(47):
    up, back = f'op.add_column("users", sa.Column("c{number}", sa.Integer))', f'op.drop_column("users", "c{number}")'
    if number == 44:
        up, back = f"op.execute('ALTER TABLE users ADD COLUMN IF NOT EXISTS c{number} integer')", "pass"
    down = f'"{number - 1:04}"' if number else None
    text = REVISION.format(number=number, down=down, up=up if number else TABLE[0], back=back if number else TABLE[1])
    Path(f"migrations/versions/{number:04}_.py").write_text(text)
Path("models.py").write_text(MODELS)
