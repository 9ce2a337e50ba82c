from sqlalchemy import Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    __table_args__ = (Index("users_by_email", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
