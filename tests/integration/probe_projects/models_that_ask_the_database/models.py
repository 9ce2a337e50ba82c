"""A listener that asks the database what it shall make."""

import sqlalchemy as sa
from sqlalchemy import event


class Base:
    metadata = sa.MetaData()


users = sa.Table("users", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))


@event.listens_for(users, "after_create")
def note_the_version(_table, connection, **_options):
    (version,) = connection.execute(sa.text("SELECT current_setting('server_version_num')")).fetchone()
    connection.execute(sa.text(f"CREATE TABLE made_on_{int(version) // 10000} (id int)"))
