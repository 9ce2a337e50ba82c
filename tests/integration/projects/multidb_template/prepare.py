"""Make the environment as `alembic init -t multidb` does, and fill in what its users fill in."""

import subprocess
import sys
from pathlib import Path

subprocess.run(
    [sys.executable, "-m", "alembic", "init", "-t", "multidb", "migrations"], check=True, capture_output=True
)
ini, env = Path("alembic.ini"), Path("migrations/env.py")
text = ini.read_text().replace("databases = engine1, engine2", "databases = shop, billing")
ini.write_text(text.replace("[engine1]", "[shop]").replace("[engine2]", "[billing]"))
text = env.read_text().replace("target_metadata = {}", "import models\ntarget_metadata = vars(models)")
more = """
import os
for name in ("shop", "billing"):
    config.set_section_option(name, "sqlalchemy.url", os.environ[name.upper() + "_DB"].replace("%", "%%"))
"""
place = "config = context.config\n"
env.write_text(text.replace(place, place + more, 1))
Path("migrations/versions/0001_create_goods_and_bills.py").write_text('''"""create goods and bills"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade(engine_name):
    globals()["upgrade_" + engine_name]()


def downgrade(engine_name):
    op.drop_table({"shop": "goods", "billing": "bills"}[engine_name])


def upgrade_shop():
    op.create_table("goods", sa.Column("id", sa.Integer(), primary_key=True))


def upgrade_billing():
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("sum", sa.Integer()))
    op.create_unique_constraint("uq_bills_sum", "bills", ["sum"])
''')
