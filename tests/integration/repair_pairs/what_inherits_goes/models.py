from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Kept(Base):
    __tablename__ = "kept"

    id = Column(Integer, primary_key=True, autoincrement=False)
