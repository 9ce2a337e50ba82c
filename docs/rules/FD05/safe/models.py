from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


def include_name(name, kind, parent_names):
    return kind != "table" or name in Base.metadata.tables


# What env.py gives to context.configure().
OPTIONS = {"include_name": include_name}
