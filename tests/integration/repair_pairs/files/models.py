from sqlalchemy import Column, Enum, ForeignKey, Identity, Integer, Text
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Child(Base):
    __tablename__ = "children"

    id = Column(Integer, primary_key=True)
    code = Column(Text)


class Counted(Base):
    __tablename__ = "counted"

    id = Column(Integer, Identity(), primary_key=True)
    name = Column(Text)


class Keyed(Base):
    __tablename__ = "keyed"

    id = Column(Integer, primary_key=True, autoincrement=False)
    tenant = Column(Integer, primary_key=True, autoincrement=False)


class Unready(Base):
    __tablename__ = "unready"

    id = Column(Integer, primary_key=True, autoincrement=False)
    tenant = Column(Integer, primary_key=True, autoincrement=False)


class Egg(Base):
    __tablename__ = "eggs"

    id = Column(Integer, primary_key=True)
    hen_id = Column(Integer, ForeignKey("hens.id"))


class Hen(Base):
    __tablename__ = "hens"

    id = Column(Integer, primary_key=True)
    egg_id = Column(Integer, ForeignKey("eggs.id"))


class Cock(Base):
    __tablename__ = "cocks"

    id = Column(Integer, primary_key=True)
    coop_id = Column(Integer, ForeignKey("coops.id"))


class Coop(Base):
    __tablename__ = "coops"

    id = Column(Integer, primary_key=True)
    cock_id = Column(Integer, ForeignKey("cocks.id", use_alter=True, name="fk_coops_cock"))


class Log(Base):
    __tablename__ = "log"
    __table_args__ = ({"schema": "unseen"},)

    id = Column(Integer, primary_key=True)


class Bill(Base):
    __tablename__ = "bills"
    __table_args__ = ({"schema": "billing"},)

    id = Column(Integer, primary_key=True)
    state = Column(Enum("open", "paid", name="state", schema="billing"))
