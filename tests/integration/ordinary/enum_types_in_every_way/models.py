from sqlalchemy import ARRAY, Enum
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


moods = Enum("good", "bad", name="mood")
kinds = Enum("a", "b", name="kind")


class Day(Base):
    __tablename__ = "days"

    id: Mapped[int] = mapped_column(primary_key=True)
    mood: Mapped[str] = mapped_column(moods)
    evening: Mapped[str | None] = mapped_column(moods)
    kind: Mapped[str | None] = mapped_column(kinds)
    weather: Mapped[str | None] = mapped_column(Enum("sun", "rain", name="weather"))
    plain: Mapped[str | None] = mapped_column(Enum("x", "y", name="plain", native_enum=False))


class Night(Base):
    __tablename__ = "nights"

    id: Mapped[int] = mapped_column(primary_key=True)
    mood: Mapped[str] = mapped_column(moods, server_default="good")
    kinds: Mapped[list[str]] = mapped_column(ARRAY(kinds), server_default="{}")
