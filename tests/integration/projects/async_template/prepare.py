"""Make the environment as `alembic init -t async` does, and fill in what its users fill in."""

import subprocess
import sys
from pathlib import Path

subprocess.run([sys.executable, "-m", "alembic", "init", "-t", "async", "migrations"], check=True, capture_output=True)
env = Path("migrations/env.py")
env.write_text(env.read_text().replace("target_metadata = None", "from models import metadata as target_metadata"))
place = "config = context.config\n"
url = 'os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://").replace("%", "%%")'
more = f'import os\nconfig.set_main_option("sqlalchemy.url", {url})\n'
env.write_text(env.read_text().replace(place, place + more, 1))
