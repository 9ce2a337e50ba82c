from alembic.operations import ops
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[int]
    during: Mapped[object] = mapped_column(TSTZRANGE)


def hook(context, revision, directives):
    # What an extension of Alembic does that compares more than Alembic itself.
    drop = ops.DropConstraintOp("ex_bookings_room", "bookings", type_="exclude")
    directives[0].upgrade_ops.ops.append(drop)


# What env.py gives to context.configure().
OPTIONS = {"process_revision_directives": hook}
