CREATE TABLE events (
  id integer NOT NULL, at date NOT NULL, kind text DEFAULT 'x' CONSTRAINT ck_kind CHECK (kind <> ''), PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX ix_events_kind ON events (kind);
CREATE TABLE "events 24" PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
ALTER TABLE "events 24" ALTER kind SET DEFAULT 'y', ALTER kind SET NOT NULL, ADD CONSTRAINT ck_24 CHECK (kind <> 'z');
CREATE INDEX ix_24 ON "events 24" (id) WHERE kind = 'y';
COMMENT ON TABLE "events 24" IS 'of ''24';
COMMENT ON COLUMN "events 24".kind IS 'what';
CREATE TABLE kept PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE notes (id integer PRIMARY KEY, event_id integer, at date, FOREIGN KEY (event_id, at) REFERENCES events);
