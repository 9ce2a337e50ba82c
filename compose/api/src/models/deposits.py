"""What people bring in."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.models.base import Base, PrimaryKey, SetOnInsert, Weight, native_enum
from src.models.catalogue import ItemCondition, item_condition


class DepositStatus(StrEnum):
    """How far a deposit has been dealt with."""

    RECEIVED = "received"
    SORTING = "sorting"
    SORTED = "sorted"
    REFUSED = "refused"


class Deposit(Base):
    """One visit of a donor."""

    __tablename__ = "deposits"

    id: Mapped[PrimaryKey]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="RESTRICT"), index=True)
    received_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    donor_name: Mapped[str | None] = mapped_column(String(160))
    status: Mapped[DepositStatus] = mapped_column(
        native_enum(DepositStatus, "deposit_status"), server_default=DepositStatus.RECEIVED.value
    )
    note: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[SetOnInsert] = mapped_column(index=True)

    items: Mapped[list["DepositItem"]] = relationship(order_by="DepositItem.id")


class DepositItem(Base):
    """Things of one category and condition within a deposit, weighed together."""

    __tablename__ = "deposit_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("weight_kg > 0", name="weight_positive"),
    )

    id: Mapped[PrimaryKey]
    deposit_id: Mapped[int] = mapped_column(ForeignKey("deposits.id", ondelete="CASCADE"), index=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id", ondelete="RESTRICT"), index=True)
    condition: Mapped[ItemCondition] = mapped_column(item_condition)
    weight_kg: Mapped[Weight]
    quantity: Mapped[int] = mapped_column(server_default=text("1"))
