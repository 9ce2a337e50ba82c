"""People who work in the shop, and their logins."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, func, true
from sqlalchemy.orm import Mapped, mapped_column

from src.models.base import Base, PrimaryKey, SetOnInsert, native_enum


class UserRole(StrEnum):
    """What somebody may do."""

    VOLUNTEER = "volunteer"
    EMPLOYEE = "employee"
    MANAGER = "manager"
    ADMIN = "admin"


class User(Base):
    """A volunteer or an employee."""

    __tablename__ = "users"

    id: Mapped[PrimaryKey]
    email: Mapped[str] = mapped_column(String(255))
    full_name: Mapped[str] = mapped_column(String(120))
    role: Mapped[UserRole] = mapped_column(native_enum(UserRole, "user_role"), server_default=UserRole.VOLUNTEER.value)
    is_active: Mapped[bool] = mapped_column(server_default=true())
    created_at: Mapped[SetOnInsert]
    telegram_chat_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)


class UserSession(Base):
    """A login that has not been revoked; only the hash of its token is kept."""

    __tablename__ = "user_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[SetOnInsert]
    expires_at: Mapped[datetime]
