from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

metadata = MetaData()


def table(name, *items, owned=True):
    owner = [Column("owner_id", ForeignKey("employees.id", ondelete="SET NULL"), index=True)] if owned else []
    return Table(
        name,
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        *owner,
        *items,
        Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
        Column("archived", Boolean, server_default=text("false"), nullable=False),
    )


stage = Enum("lead", "offer", "won", "lost", name="deal_stage")
table("employees", Column("email", String(320), nullable=False, unique=True), owned=False)
table("companies", Column("name", Text, nullable=False, index=True), Column("domain", String(253), unique=True))
table(
    "contacts",
    Column("company_id", ForeignKey("companies.id"), index=True),
    Column("email", String(320)),
    Column("phones", ARRAY(String), server_default="{}", nullable=False),
    Index("ix_contacts_email_lower", text("lower(email)"), unique=True),
)
table(
    "deals",
    Column("company_id", ForeignKey("companies.id"), nullable=False),
    Column("stage", stage, server_default="lead", nullable=False),
    Column("amount", Numeric(14, 2)),
    Column("currency", String(3), server_default="EUR", nullable=False),
    CheckConstraint("amount IS NULL OR amount >= 0", name="ck_deals_amount"),
    Index("ix_deals_open", "company_id", "stage", postgresql_where=text("stage <> 'lost'")),
)
table("deal_stages", Column("deal_id", ForeignKey("deals.id", ondelete="CASCADE"), index=True), Column("stage", stage))
table("notes", Column("about", String(40), nullable=False), Column("body", Text, nullable=False))
table("tasks", Column("due", Date, index=True), Column("title", String(200), nullable=False))
table("calls", Column("contact_id", ForeignKey("contacts.id"), index=True), Column("seconds", Integer))
table("mails", Column("contact_id", ForeignKey("contacts.id"), index=True), Column("headers", JSONB))
table("meetings", Column("starts_at", DateTime(timezone=True), nullable=False, index=True))
table("attendees", Column("meeting_id", ForeignKey("meetings.id"), index=True), Column("contact_id", Integer))
table("tags", Column("name", String(60), nullable=False, unique=True), owned=False)
table(
    "taggings",
    Column("tag_id", ForeignKey("tags.id"), nullable=False),
    Column("company_id", ForeignKey("companies.id"), nullable=False, index=True),
    UniqueConstraint("tag_id", "company_id", name="uq_taggings"),
    owned=False,
)
table("files", Column("key", UUID(as_uuid=True), nullable=False, unique=True), Column("bytes", BigInteger))
table("imports", Column("source", String(40), nullable=False), Column("report", JSONB, server_default=text("'{}'")))
table("webhooks", Column("url", Text, nullable=False), Column("secret", Text, nullable=False))
table("deliveries", Column("webhook_id", ForeignKey("webhooks.id"), index=True), Column("status", Integer), owned=False)
table("settings", Column("key", String(80), nullable=False, unique=True), Column("value", JSONB), owned=False)
