"""One table, whose name is not the one that it gets."""

import sqlalchemy as sa


class Base:
    metadata = sa.MetaData()


sa.Table("users", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))
