from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


# The version that runs.


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


class Fax(Base):
    __tablename__ = "faxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
