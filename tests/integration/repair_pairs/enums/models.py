from sqlalchemy import Column, Enum, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"

    id = Column(Integer, primary_key=True)
    status = Column(Enum("draft", "new", "it's late", "sent", name="status"), nullable=False, server_default="new")
    mood = Column(Enum("sad", "fine", "glad", name="mood"))
    kind = Column(Enum("small", "large", name="kind"))
    second = Column(Enum("sad", "fine", "glad", name="mood"))


class Parcel(Base):
    __tablename__ = "parcels"

    id = Column(Integer, primary_key=True)
    weight = Column(Enum("light", "heavy", name="weight"))
