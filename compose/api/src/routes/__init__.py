"""The routes of the API, by domain."""

from fastapi import APIRouter

from src.routes import activity, catalogue, deposits, health, logistics, sales, sites, users

router = APIRouter()
for module in (health, users, sites, catalogue, deposits, sales, logistics, activity):
    router.include_router(module.router)

__all__ = ["router"]
