from shop import tokens
from shop.models import Base

Base.metadata.create_all(tokens.engine)
