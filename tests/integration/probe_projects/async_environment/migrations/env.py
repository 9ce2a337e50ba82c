"""An asynchronous engine that the application keeps, with its pool, for as long as it lives."""

import asyncio

import models
from alembic import context
from database import engine


def run(connection):
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    async with engine.connect() as connection:
        await connection.run_sync(run)


asyncio.run(main())
