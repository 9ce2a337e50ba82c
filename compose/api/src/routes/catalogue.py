"""Categories and products."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from src.db import SessionDep
from src.models import Category, Product
from src.routes.common import LIST_LIMIT
from src.schemas.catalogue import CategoryRead, ProductRead

router = APIRouter(tags=["catalogue"])


@router.get("/categories", response_model=list[CategoryRead])
def list_categories(session: SessionDep) -> Sequence[Category]:
    """List the whole sorting tree by name."""
    return session.scalars(select(Category).order_by(Category.name)).all()


@router.get("/products", response_model=list[ProductRead])
def list_products(session: SessionDep) -> Sequence[Product]:
    """List products, the newest first, with their prices."""
    query = select(Product).options(joinedload(Product.prices)).order_by(Product.id.desc())
    return session.scalars(query.limit(LIST_LIMIT)).unique().all()
