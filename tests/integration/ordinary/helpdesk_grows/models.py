from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    func,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
    }
)
agents = Table(
    "agents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", String(120)),
    Column("signature", Text),
    Column("level", SmallInteger, server_default="1", nullable=False),
    Column("lead_id", ForeignKey("agents.id")),
    Column("away_until", DateTime(timezone=True)),
    Index("ix_agents_lead", "lead_id"),
)
tickets = Table(
    "tickets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(500), nullable=False),
    Column("agent_id", ForeignKey("agents.id"), index=True),
    Column("opened_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    Column("closed_at", DateTime(timezone=True), index=True),
    Column("priority", SmallInteger, server_default=text("3"), nullable=False),
    Column("merged_into", ForeignKey("tickets.id")),
    Column("external_id", String(40)),
    Index("ix_tickets_external", "external_id", unique=True),
    Index("ix_tickets_open", "priority", text("opened_at DESC"), postgresql_where=text("closed_at IS NULL")),
)
comments = Table(
    "comments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", ForeignKey("tickets.id"), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("agent_id", ForeignKey("agents.id")),
    Column("internal", SmallInteger, server_default="0", nullable=False),
    Column("edited_at", DateTime(timezone=True)),
)
attachments = Table(
    "attachments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("comment_id", ForeignKey("comments.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(255), nullable=False),
)
