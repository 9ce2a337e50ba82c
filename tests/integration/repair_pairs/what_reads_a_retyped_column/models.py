from sqlalchemy import BigInteger, CheckConstraint, Column, Computed, Index, Integer, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Doc(Base):
    __tablename__ = "docs"
    __table_args__ = (CheckConstraint("search IS NOT NULL", name="ck"), Index("ix_s", "search", postgresql_using="gin"))

    id = Column(Integer, primary_key=True)
    title = Column(Text, nullable=False)
    owner = Column(Text)
    n = Column(BigInteger)
    search = Column(TSVECTOR, Computed("to_tsvector('simple', title)", persisted=True), comment="words")


class Bill(Base):
    __tablename__ = "bills"

    id = Column(Integer, primary_key=True)
    total = Column(BigInteger, nullable=False)


class Note(Base):
    __tablename__ = "notes"

    id = Column(Integer, primary_key=True)
    body = Column(Text)
    words = Column(TSVECTOR, Computed("to_tsvector('simple', body)", persisted=True))
