"""The project's own hook adds a drop that it cannot reverse, and a statement."""

from alembic.operations import ops
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Item(Base):
    __tablename__ = "items"

    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False)
    left_out = Column(Integer)


def add(_context, _revision, directives):
    script = directives[0]
    if script.upgrade_ops.is_empty():
        return
    script.upgrade_ops.ops += [ops.DropColumnOp("users", "nick"), ops.ExecuteSQLOp("SELECT 1")]
    script.downgrade_ops.ops.insert(0, ops.AddColumnOp("users", Column("nick", String(10))))


OPTIONS = {
    "process_revision_directives": add,
    "include_name": lambda name, kind, _parents: kind != "table" or name != "users",
}
