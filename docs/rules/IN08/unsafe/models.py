from sqlalchemy import CheckConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)


class Fence(Base):
    __tablename__ = "fences"

    id: Mapped[int] = mapped_column(primary_key=True)
    height: Mapped[int] = mapped_column(CheckConstraint("height > 0", name="ck_fences_height"))
