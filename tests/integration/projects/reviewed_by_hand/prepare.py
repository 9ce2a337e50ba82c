"""Two revisions are on the main branch, where the second one has been edited since; three are new."""

import pathlib
import subprocess


def git(*words):
    names = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *names, *words], check=True, stdout=subprocess.DEVNULL)


git("init", "--quiet")
git("add", "alembic.ini", "migrations/env.py", "migrations/versions/0001_create_users.py")
git("add", "migrations/versions/0002_index_names.py")
git("commit", "--quiet", "--message", "main")
edited = pathlib.Path("migrations/versions/0002_index_names.py")
edited.write_text(edited.read_text().replace('["name"])', '["name", "email"])'))
