from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


def include_object(item, name, kind, reflected, compared):
    return name != "spatial_ref_sys"


# What env.py gives to context.configure().
OPTIONS = {"include_object": include_object}
