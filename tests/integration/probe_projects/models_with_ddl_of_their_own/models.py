"""DDL beside the tables: percent signs, comments at the end, a view, and a schema that env.py alone knows."""

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.schema import DDL


class Base:
    metadata = sa.MetaData()


users = sa.Table(
    "users",
    Base.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(80), server_default=sa.text("'100%%'"), comment="50% of them; 'quoted'"),
    sa.Column("state", sa.Enum("new", "100%", name="state")),
    sa.CheckConstraint("email LIKE '%%@%%'", name="ck_email"),
)


@event.listens_for(users, "after_create")
def index_domains(_table, connection, **_options):
    connection.execute(sa.text("CREATE INDEX ix_domain ON users (split_part(email, '@', 2)) -- of their own"))


event.listen(Base.metadata, "after_create", DDL("CREATE VIEW fans AS SELECT id FROM users WHERE email LIKE '%%fan%%'"))
