"""Histories of any length for the benchmarks: tables, columns, keys, indexes and checks, each with a way back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine, pool

from models import metadata

connectable = context.config.attributes.get("connection")
if connectable is None:
    connectable = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with connectable.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = '''\
"""{doc}"""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
    {up}


def downgrade():
    {back}
'''
MAKO = '''\
"""${message}"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''


@dataclass(slots=True)
class _Story:
    """The steps so far, and each table's parts as the models write them."""

    steps: list[tuple[str, str, str]] = field(default_factory=list)
    tables: dict[str, list[str]] = field(default_factory=dict)

    def add(self, doc: str, up: str, back: str, table: str, part: str) -> None:
        """Add a step and what it adds to the models."""
        self.steps.append((doc, up, back))
        self.tables.setdefault(table, []).append(part)


def write(folder: Path, revisions: int) -> None:
    """Write a project with that many revisions, five for each table, and the models that they lead to."""
    story = _Story()
    for number in range(revisions):
        _STEPS[number % len(_STEPS)](story, number // len(_STEPS))
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\nprepend_sys_path = .\n")
    (folder / "migrations" / "env.py").write_text(ENV)
    (folder / "migrations" / "script.py.mako").write_text(MAKO)
    (folder / "models.py").write_text(_models(story))
    for index, (doc, up, back) in enumerate(story.steps):
        down = f"r{index - 1:05}" if index else None
        text = REVISION.format(doc=doc, name=f"r{index:05}", down=down, up=up, back=back)
        (versions / f"r{index:05}.py").write_text(text)


def _models(story: _Story) -> str:
    joint = ",\n    "
    tables = [f'sa.Table("{name}", metadata,\n    {joint.join(parts)},\n)' for name, parts in story.tables.items()]
    return "\n".join(["import sqlalchemy as sa", "", "metadata = sa.MetaData()", *tables, ""])


def _table(story: _Story, number: int) -> None:
    name, joint = f"t{number}", ",\n    "
    parts = ['sa.Column("id", sa.Integer, primary_key=True)', 'sa.Column("name", sa.String(80), nullable=False)']
    if number:
        key = f'sa.ForeignKey("t{number - 1}.id", name="fk_{name}")'
        parts.append(f'sa.Column("parent_id", sa.Integer, {key}, nullable=True)')
    made = f'op.create_table("{name}", {", ".join(parts)})'
    story.add(f"create {name}", made, f'op.drop_table("{name}")', name, joint.join(parts))


def _column(story: _Story, number: int) -> None:
    name, column = f"t{number}", 'sa.Column("price", sa.Numeric(10, 2), server_default=sa.text("0"), nullable=False)'
    up, back = f'op.add_column("{name}", {column})', f'op.drop_column("{name}", "price")'
    story.add(f"add price to {name}", up, back, name, column)


def _unique(story: _Story, number: int) -> None:
    name = f"t{number}"
    up = f'op.create_unique_constraint("uq_{name}", "{name}", ["name"])'
    back = f'op.drop_constraint("uq_{name}", "{name}", type_="unique")'
    story.add(f"make names of {name} unique", up, back, name, f'sa.UniqueConstraint("name", name="uq_{name}")')


def _index(story: _Story, number: int) -> None:
    name = f"t{number}"
    up, back = f'op.create_index("ix_{name}", "{name}", ["price"])', f'op.drop_index("ix_{name}", "{name}")'
    story.add(f"index prices of {name}", up, back, name, f'sa.Index("ix_{name}", "price")')


def _check(story: _Story, number: int) -> None:
    name = f"t{number}"
    up = f'op.create_check_constraint("ck_{name}", "{name}", "price >= 0")'
    back = f'op.drop_constraint("ck_{name}", "{name}", type_="check")'
    story.add(f"check prices of {name}", up, back, name, f'sa.CheckConstraint("price >= 0", name="ck_{name}")')


_STEPS = (_table, _column, _unique, _index, _check)
