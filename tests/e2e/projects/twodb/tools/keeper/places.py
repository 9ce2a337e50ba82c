import os

from sqlalchemy import create_engine


def engines():
    return {name: create_engine(os.environ[f"{name.upper()}_DB"]) for name in ("shop", "billing")}
