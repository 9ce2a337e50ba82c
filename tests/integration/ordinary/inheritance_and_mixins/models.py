import datetime

from sqlalchemy import DateTime, ForeignKey, String, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Stamped:
    created_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime.datetime | None] = mapped_column(DateTime(timezone=True))
    deleted: Mapped[bool] = mapped_column(server_default=text("false"))


class Party(Stamped, Base):
    __tablename__ = "parties"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "party"}
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


class Person(Party):
    __tablename__ = "persons"
    __mapper_args__ = {"polymorphic_identity": "person"}
    id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    given_name: Mapped[str]


class Company(Party):
    __tablename__ = "companies"
    __mapper_args__ = {"polymorphic_identity": "company"}
    id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    vat_number: Mapped[str] = mapped_column(String(20), unique=True)


class Foundation(Company):
    __mapper_args__ = {"polymorphic_identity": "foundation"}
    purpose: Mapped[str | None]


class Contract(Stamped, Base):
    __tablename__ = "contracts"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version}
