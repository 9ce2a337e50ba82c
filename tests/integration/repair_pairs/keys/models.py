from sqlalchemy import BigInteger, Column, Identity, Integer, Sequence, Text
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Counted(Base):
    __tablename__ = "counted"

    id = Column(Integer, Identity(), primary_key=True)
    name = Column(Text)


class Line(Base):
    __tablename__ = "lines"

    host_id = Column(Integer, primary_key=True)
    org_id = Column(Integer, primary_key=True)


class Keyless(Base):
    __tablename__ = "keyless"

    a = Column(Integer, primary_key=True, autoincrement=False)
    b = Column(Integer)


class Always(Base):
    __tablename__ = "always"

    id = Column(Integer, Identity(always=False, increment=10), primary_key=True)


class Plain(Base):
    __tablename__ = "plain"

    id = Column(BigInteger, Identity(), primary_key=True)


class Counting(Base):
    __tablename__ = "counting"

    id = Column(Integer, primary_key=True, autoincrement=False)


class Drawing(Base):
    __tablename__ = "drawing"

    id = Column(Integer, Sequence("drawing_no"), primary_key=True)
