from sqlalchemy import Enum, ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


class Account(Base):
    __tablename__ = "accounts"
    __table_args__ = {"schema": "billing"}

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", name="fk_accounts_owner"))


class Invoice(Base):
    __tablename__ = "invoices"
    __table_args__ = (Index("ix_invoices_number", "number", unique=True), {"schema": "billing"})

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("billing.accounts.id"), index=True)


class Payment(Base):
    __tablename__ = "payments"
    __table_args__ = {"schema": "billing"}

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("billing.invoices.id"))
    kind: Mapped[str] = mapped_column(Enum("card", "cash", name="payment_kind", schema="billing"))


# What env.py gives to context.configure().
OPTIONS = {"include_schemas": True}
