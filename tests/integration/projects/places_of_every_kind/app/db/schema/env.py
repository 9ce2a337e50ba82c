# -*- coding: latin-1 -*-
"""Für ein Geschäft, das die Umlaute nicht in UTF-8 schreibt."""

import os
from urllib.parse import urlsplit

from alembic import context
from app.models import metadata
from sqlalchemy import create_engine

found = urlsplit(os.environ["DATABASE_URL"])
section = context.config.config_ini_section
context.config.set_section_option(section, "SHOP_USER", found.username)
context.config.set_section_option(section, "SHOP_PASSWORD", found.password)
context.config.set_section_option(section, "SHOP_HOST", f"{found.hostname}:{found.port}")
context.config.set_section_option(section, "SHOP_NAME", found.path[1:])
engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
