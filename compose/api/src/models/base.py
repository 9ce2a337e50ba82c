"""What all models share: the metadata, its naming convention and the recurring column types."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import DateTime, Enum, MetaData, Numeric, func
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

PrimaryKey = Annotated[int, mapped_column(primary_key=True)]
SetOnInsert = Annotated[datetime, mapped_column(server_default=func.now())]
Money = Annotated[Decimal, mapped_column(Numeric(10, 2))]
Weight = Annotated[Decimal, mapped_column(Numeric(8, 3))]


class Base(DeclarativeBase):
    """Base class of all models."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True)}


def native_enum(members: type[StrEnum], name: str) -> Enum:
    """Return a PostgreSQL enum whose labels are the members' values, not their Python names."""
    return Enum(members, name=name, values_callable=lambda enum: [member.value for member in enum])
