"""Runs inside the application's own Python: standard library plus the application's Alembic and SQLAlchemy.

Handed over standard input as one document (`inapp/bundle.py`), it answers requests, one JSON document a line, on a
channel of its own: what `env.py` prints goes to standard error. Works on Python 3.8 and newer, Alembic 1.9 and newer,
SQLAlchemy 1.4 and 2.x.

`loading` makes these modules importable there; `serve` answers; where a program of the project's own starts Alembic,
`bridge` runs that program and `attach`, inside it, takes over where it enters `alembic.command`.
"""
