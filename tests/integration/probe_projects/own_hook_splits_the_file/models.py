"""The project's own hook writes two files: what adds, then what takes away."""

from alembic.operations import ops
from alembic.util import rev_id
from sqlalchemy import Column, Enum, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Item(Base):
    __tablename__ = "items"

    id = Column(Integer, primary_key=True)
    state = Column(Enum("on", "off", name="state"))


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    nick = Column(String(10))


def split(_context, _revision, directives):
    script = directives[0]
    drops = [item for item in script.upgrade_ops.ops if isinstance(item, ops.DropTableOp)]
    if not drops:
        return
    script.upgrade_ops.ops = [item for item in script.upgrade_ops.ops if item not in drops]
    recreated = [item for item in script.downgrade_ops.ops if isinstance(item, ops.CreateTableOp)]
    script.downgrade_ops.ops = [item for item in script.downgrade_ops.ops if item not in recreated]
    directives.append(
        ops.MigrationScript(
            rev_id(),
            ops.UpgradeOps([*drops, ops.CreateTableCommentOp("users", "people")]),
            ops.DowngradeOps([ops.DropTableCommentOp("users"), *recreated]),
            message="take away",
            head=script.rev_id,
        )
    )


OPTIONS = {"process_revision_directives": split}
