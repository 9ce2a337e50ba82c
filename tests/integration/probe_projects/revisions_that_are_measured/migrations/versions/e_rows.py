"""rows: by op.execute, by the connection itself, by the ORM, in a loop, by a helper from elsewhere"""

import helpers
import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

revision = "e"
down_revision = "d"
users = sa.table("users", sa.column("id"), sa.column("name"))


def upgrade():
    op.bulk_insert(users, [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}])
    op.execute("UPDATE users SET name = upper(name)")
    connection = op.get_bind()
    for number in range(3, 6):
        connection.execute(sa.insert(users).values(id=number, name="secret value"))
    with Session(bind=connection) as session:
        session.execute(sa.text("DELETE FROM users WHERE id = :id"), {"id": 5})
    helpers.count(op)
    helpers.rename(op)


def downgrade():
    op.execute("ALTER INDEX ix_names RENAME TO ix_users_name")
    op.execute("TRUNCATE users, orders")
