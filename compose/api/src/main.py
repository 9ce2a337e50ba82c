"""The application: `uvicorn src.main:app`."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from src.routes import router
from src.settings import get_settings

app = FastAPI(title="Recyclic", summary="A recycling shop's API.", version="1.0.0")
app.add_middleware(
    CORSMiddleware,
    allow_origins=get_settings().cors_origins,
    allow_methods=["GET", "POST"],
    allow_headers=["Content-Type"],
)
app.include_router(router)
