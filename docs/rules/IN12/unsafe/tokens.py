from models import Base
from sqlalchemy import Column, Integer, String


class RevokedToken(Base):
    __tablename__ = "revoked_tokens"
    id = Column(Integer, primary_key=True)
    token = Column(String(36), nullable=False)
