from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, String, text
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"

    id = Column(Integer, primary_key=True)
    total = Column(BigInteger, nullable=False)
    size = Column(BigInteger)


class Long(Base):
    __tablename__ = "a_table_whose_name_is_rather_long_for_anybody_to_read"

    id = Column(Integer, primary_key=True)
    a_column_whose_name_is_rather_long_as_well = Column(Integer, index=True, unique=True)


class Percent(Base):
    __tablename__ = "percents"
    __table_args__ = (CheckConstraint("mask <> '100%'", name="ck_percents"),)

    id = Column(Integer, primary_key=True)
    mask = Column(String, server_default=text("'%H:%M'::text"), nullable=False, comment="100% of :all")
