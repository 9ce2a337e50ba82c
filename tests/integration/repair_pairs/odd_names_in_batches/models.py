from sqlalchemy import CheckConstraint, Column, Enum, ForeignKey, Identity, Index, Integer, String, text
from sqlalchemy.orm import declarative_base


def include_name(name, kind, _parents):
    return kind != "schema" or name in ("my shop", None)


Base = declarative_base()
OPTIONS = {"render_as_batch": True, "include_schemas": True, "include_name": include_name}
IN_SHOP = {"schema": "my shop"}


class Order(Base):
    __tablename__ = "Order"
    __table_args__ = (
        CheckConstraint('"to" > 2', name="CK Order"),
        Index("IX Order", "to", postgresql_where=text('"to" > 2')),
        IN_SHOP,
    )

    user = Column(Integer, primary_key=True)
    state = Column("State Of", Enum("new", "it's", "a 'q'", "b:c", name="Order State", schema="my shop"))
    ab = Column("a-b", Integer, server_default=text("8"))
    plain = Column(Enum("x", "y", native_enum=False, create_constraint=True, name="ck_plain", length=9))
    to = Column(Integer)
    value = Column("Wert {x}", String(30), nullable=False)
    shape = Column(Enum("round", "flat", native_enum=False, create_constraint=True, name="ck_shape"))
    group = Column(String(3), nullable=False, default="d:e")


class Older(Base):
    __tablename__ = "Ältere"
    __table_args__ = (IN_SHOP,)

    id = Column(Integer, Identity(), primary_key=True)
    x = Column(Integer, ForeignKey("my shop.Order.user"))
