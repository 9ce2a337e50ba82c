from sqlalchemy import Column, Computed, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Kept(Base):
    __tablename__ = "kept"

    id = Column(Integer, primary_key=True)
    triple = Column(Integer, Computed("n * 3", persisted=True))
    n = Column(Integer)
