CREATE SCHEMA past;
CREATE TABLE logs (
  id integer NOT NULL, at date NOT NULL, kind text NOT NULL, extra text, PRIMARY KEY (id, at, kind)
) PARTITION BY RANGE (at);
CREATE INDEX ix_logs_extra ON logs (extra);
CREATE TABLE logs_24 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE logs_rest PARTITION OF logs DEFAULT PARTITION BY LIST (kind);
CREATE TABLE logs_rest_a PARTITION OF logs_rest FOR VALUES IN ('a', 'it''s');
ALTER TABLE logs_rest_a ALTER extra SET DEFAULT 'a', ADD CONSTRAINT ck_a CHECK (id > 0);
