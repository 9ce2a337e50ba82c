from alembic.operations import ops
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


def hook(context, revision, directives):
    # The project's own hook takes out what it should not.
    directives[0].upgrade_ops.ops.clear()
    directives[0].upgrade_ops.ops.append(ops.ExecuteSQLOp("ALTER TABLE users ADD name text"))


# What env.py gives to context.configure().
OPTIONS = {"process_revision_directives": hook}
