from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String(200), nullable=False)  # was unique; the history still says so


class EmailLog(Base):
    __tablename__ = "email_logs"  # no revision makes it
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id", name="fk_email_logs_user"), nullable=False, index=True)
    subject = Column(String(200))
