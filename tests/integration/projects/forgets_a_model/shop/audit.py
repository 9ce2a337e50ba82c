import no_such_package
from sqlalchemy import Column, Integer

from shop.models import Base


class Entry(Base):
    __tablename__ = "audit"
    id = Column(Integer, primary_key=True)
    kind = Column(Integer, default=no_such_package.kind)
