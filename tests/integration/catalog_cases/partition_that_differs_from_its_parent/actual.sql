CREATE TABLE events (at date, kind text, id serial) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events (kind DEFAULT 'old') FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX ix_only_here ON events_2024 (kind);
ALTER SEQUENCE events_id_seq RENAME TO events_ids;
