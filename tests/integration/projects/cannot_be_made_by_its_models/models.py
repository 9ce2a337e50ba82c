from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base
from sqlalchemy.schema import Index

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String(80), index=True)
    name = Column(String(80), server_default="nobody")
    __table_args__ = (Index("ix_users_email", "email"),)
