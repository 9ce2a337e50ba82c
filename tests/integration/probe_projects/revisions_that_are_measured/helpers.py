"""What several revisions of the project use."""

import sqlalchemy as sa


def count(op):
    op.get_bind().execute(sa.text("SELECT count(*) FROM users"))


def rename(op):
    op.execute("ALTER INDEX ix_users_name RENAME TO ix_names")
