"""What the shop sells, how it is sorted and what it costs."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.models.base import Base, Money, PrimaryKey, SetOnInsert, Weight, native_enum


class ItemCondition(StrEnum):
    """The state in which an item came in."""

    NEW = "new"
    GOOD = "good"
    WORN = "worn"
    BROKEN = "broken"


class ProductStatus(StrEnum):
    """Where a product is on its way out of the shop."""

    IN_STOCK = "in_stock"
    RESERVED = "reserved"
    SOLD = "sold"
    SCRAPPED = "scrapped"


item_condition = native_enum(ItemCondition, "item_condition")


class Category(Base):
    """A node of the sorting tree, such as textiles or small appliances."""

    __tablename__ = "categories"
    __table_args__ = (CheckConstraint("parent_id <> id", name="not_own_parent"),)

    id: Mapped[PrimaryKey]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    is_reusable: Mapped[bool] = mapped_column(server_default=true())


class Product(Base):
    """A single thing on the shelf."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("weight_kg > 0", name="weight_positive"),
        Index("ix_products_site_id_status", "site_id", "status"),
        Index("ix_products_attributes", "attributes", postgresql_using="gin"),
    )

    id: Mapped[PrimaryKey]
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id", ondelete="RESTRICT"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="RESTRICT"))
    deposit_item_id: Mapped[int | None] = mapped_column(ForeignKey("deposit_items.id", ondelete="SET NULL"), index=True)
    label: Mapped[str] = mapped_column(String(160))
    condition: Mapped[ItemCondition] = mapped_column(item_condition)
    status: Mapped[ProductStatus] = mapped_column(
        native_enum(ProductStatus, "product_status"), server_default=ProductStatus.IN_STOCK.value
    )
    weight_kg: Mapped[Weight | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    created_at: Mapped[SetOnInsert]

    prices: Mapped[list["ProductPrice"]] = relationship(order_by="ProductPrice.valid_from")


class ProductPrice(Base):
    """A price of a product, valid until the next one begins."""

    __tablename__ = "product_prices"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        UniqueConstraint("product_id", "valid_from"),
    )

    id: Mapped[PrimaryKey]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    amount: Mapped[Money]
    valid_from: Mapped[SetOnInsert]
