"""Runs with whichever driver DATABASE_URL names, an asynchronous one through SQLAlchemy's asyncio."""

import asyncio
import os

from alembic import context
from sqlalchemy import create_engine, pool


def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def run_async(url):
    from sqlalchemy.ext.asyncio import create_async_engine

    async with create_async_engine(url, poolclass=pool.NullPool).connect() as connection:
        await connection.run_sync(run)


if "+asyncpg" in os.environ["DATABASE_URL"]:
    asyncio.run(run_async(os.environ["DATABASE_URL"]))
else:
    with create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool).connect() as connection:
        run(connection)
