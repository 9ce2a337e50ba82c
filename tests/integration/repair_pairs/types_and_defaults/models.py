from sqlalchemy import ARRAY, Column, DateTime, Index, Integer, Numeric, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Member(Base):
    __tablename__ = "members"
    __table_args__ = (Index("ix_members_name", "name", postgresql_where=text("name <> ' :x:y \\:z'")),)

    id = Column(Integer, primary_key=True)
    # A default that no row of the new type can take, one that changes with its type, and one whose type Alembic
    # takes for the same.
    token = Column(UUID, nullable=False)
    score = Column(Integer, nullable=False, server_default=text("10"))
    tags = Column(ARRAY(Text), nullable=False, server_default=text("'{}'"))
    roles = Column(ARRAY(Text), nullable=False, server_default=text("'{}'"))
    # What SQLAlchemy's text() takes for a bound parameter.
    settings = Column(JSONB, nullable=False, server_default=text("'{\"a\"\\:1}'"))
    extra = Column(JSONB, nullable=False, server_default=text('\'{"b"\\:2, "c"\\:"x"}\''))
    # Values that move with the session's time zone, as somebody says, and by themselves.
    seen = Column(DateTime(timezone=True))
    born = Column(DateTime(timezone=True))
    rate = Column(Numeric(10, 2))
    name = Column(String(50))
    link = Column(Text)
