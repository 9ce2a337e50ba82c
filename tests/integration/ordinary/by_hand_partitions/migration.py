import sqlalchemy as sa
from alembic import op

revision = "2b7e"
down_revision = "1a6d"


def upgrade():
    op.execute("CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')")
    op.add_column("events", sa.Column("kind", sa.String(20), server_default="click", nullable=False))
    op.create_index("ix_events_kind", "events", ["kind"])


def downgrade():
    op.drop_index("ix_events_kind", "events")
    op.drop_column("events", "kind")
    op.execute("DROP TABLE events_2027")
