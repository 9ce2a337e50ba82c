from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Booking(Base):
    __tablename__ = "bookings"
    __table_args__ = (ExcludeConstraint(("room", "="), ("during", "&&"), name="ex_bookings_room"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[int]
    during: Mapped[object] = mapped_column(TSTZRANGE)
