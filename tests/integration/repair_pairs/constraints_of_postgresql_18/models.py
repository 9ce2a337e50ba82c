from sqlalchemy import Column, Computed, Integer
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Room(Base):
    __tablename__ = "rooms"

    id = Column(Integer, primary_key=True, autoincrement=False)
    valid_at = Column(DATERANGE, primary_key=True)
    doubled = Column(Integer, Computed("id * 2", persisted=False))
