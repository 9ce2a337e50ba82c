"""Cash registers and what is sold at them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.models.base import Base, Money, PrimaryKey, SetOnInsert, native_enum


class CashSessionStatus(StrEnum):
    """Whether a register's day is still going on."""

    OPEN = "open"
    CLOSED = "closed"


class PaymentMethod(StrEnum):
    """How a customer pays."""

    CASH = "cash"
    CARD = "card"
    CHEQUE = "cheque"
    VOUCHER = "voucher"


class CashRegister(Base):
    """A till of a site."""

    __tablename__ = "cash_registers"
    __table_args__ = (UniqueConstraint("site_id", "label"),)

    id: Mapped[PrimaryKey]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="RESTRICT"))
    label: Mapped[str] = mapped_column(String(60))


class CashSession(Base):
    """A register from opening to closing; a register has at most one that is open."""

    __tablename__ = "cash_sessions"
    __table_args__ = (
        CheckConstraint("opening_float >= 0", name="opening_float_not_negative"),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="closed_after_opening"),
        Index(
            "ix_cash_sessions_one_open_per_register",
            "register_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[PrimaryKey]
    register_id: Mapped[int] = mapped_column(ForeignKey("cash_registers.id", ondelete="RESTRICT"))
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    status: Mapped[CashSessionStatus] = mapped_column(
        native_enum(CashSessionStatus, "cash_session_status"), server_default=CashSessionStatus.OPEN.value
    )
    opening_float: Mapped[Decimal] = mapped_column(Numeric(10, 2), server_default=text("0"))
    closing_count: Mapped[Money | None]
    opened_at: Mapped[SetOnInsert]
    closed_at: Mapped[datetime | None]


class Sale(Base):
    """One customer's purchase."""

    __tablename__ = "sales"
    __table_args__ = (CheckConstraint("total >= 0", name="total_not_negative"),)

    id: Mapped[PrimaryKey]
    session_id: Mapped[int] = mapped_column(ForeignKey("cash_sessions.id", ondelete="RESTRICT"), index=True)
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    total: Mapped[Money]
    note: Mapped[str | None] = mapped_column(Text)
    sold_at: Mapped[SetOnInsert] = mapped_column(index=True)

    items: Mapped[list["SaleItem"]] = relationship(order_by="SaleItem.id")


class SaleItem(Base):
    """A line of a sale; it keeps its label when the product is gone."""

    __tablename__ = "sale_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
    )

    id: Mapped[PrimaryKey]
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id", ondelete="CASCADE"), index=True)
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"), index=True)
    label: Mapped[str] = mapped_column(String(160))
    quantity: Mapped[int] = mapped_column(server_default=text("1"))
    unit_price: Mapped[Money]


class Payment(Base):
    """Money taken for a sale; one sale may be paid in several ways."""

    __tablename__ = "payments"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    id: Mapped[PrimaryKey]
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id", ondelete="CASCADE"), index=True)
    method: Mapped[PaymentMethod] = mapped_column(native_enum(PaymentMethod, "payment_method"))
    amount: Mapped[Money]
    paid_at: Mapped[SetOnInsert]
