"""Write a revision file as a merge that went wrong leaves it."""

from pathlib import Path

Path("migrations/versions").mkdir(exist_ok=True)
Path("migrations/versions/0001_create_users.py").write_text('''"""create users"""
<<<<<<< HEAD
revision = "0001"
''')
