"""A shop that starts Alembic by itself."""
