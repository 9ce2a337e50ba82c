"""The tables of the database, by domain."""

from src.models.activity import AuditEvent, EmailLog, EmailStatus, EmailType, Notification, NotificationChannel
from src.models.base import Base
from src.models.catalogue import Category, ItemCondition, Product, ProductPrice, ProductStatus
from src.models.deposits import Deposit, DepositItem, DepositStatus
from src.models.logistics import Partner, Pickup, PickupStatus, Shipment, ShipmentItem, ShipmentStatus, Vehicle
from src.models.sales import CashRegister, CashSession, CashSessionStatus, Payment, PaymentMethod, Sale, SaleItem
from src.models.sites import OpeningHours, Shift, Site, SiteKind
from src.models.users import User, UserRole, UserSession

__all__ = [
    "AuditEvent",
    "Base",
    "CashRegister",
    "CashSession",
    "CashSessionStatus",
    "Category",
    "Deposit",
    "DepositItem",
    "DepositStatus",
    "EmailLog",
    "EmailStatus",
    "EmailType",
    "ItemCondition",
    "Notification",
    "NotificationChannel",
    "OpeningHours",
    "Partner",
    "Payment",
    "PaymentMethod",
    "Pickup",
    "PickupStatus",
    "Product",
    "ProductPrice",
    "ProductStatus",
    "Sale",
    "SaleItem",
    "Shift",
    "Shipment",
    "ShipmentItem",
    "ShipmentStatus",
    "Site",
    "SiteKind",
    "User",
    "UserRole",
    "UserSession",
    "Vehicle",
]
