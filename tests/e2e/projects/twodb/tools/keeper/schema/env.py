from alembic import context
from keeper import models
from keeper.places import engines

for name, engine in engines().items():
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=getattr(models, name),
            upgrade_token=f"{name}_upgrades",
            downgrade_token=f"{name}_downgrades",
        )
        with context.begin_transaction():
            context.run_migrations(name=name)
