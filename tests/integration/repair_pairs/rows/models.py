from sqlalchemy import Boolean, Column, Integer, SmallInteger, String, Text, text
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    name = Column(String(20), nullable=False)
    mail = Column(Text, unique=True, nullable=False)
    age = Column(Integer, server_default=text("7"))
    big = Column(String(9))
    flag = Column(Boolean, server_default=text("true"))
    code = Column(SmallInteger)
    at = Column(Boolean)
    share = Column(String(9), default="100%", nullable=False)
    points = Column(Integer, default=7, nullable=False)
    locale = Column(String(5), nullable=False)
    active = Column(Boolean, nullable=False, default=True)
    held = Column(Integer, nullable=False, default=lambda: 1)
    given = Column(Integer, nullable=False, server_default="3")
