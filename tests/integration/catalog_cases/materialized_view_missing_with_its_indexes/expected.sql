CREATE TABLE t (a integer);
CREATE MATERIALIZED VIEW totals AS SELECT 5 AS five;
CREATE INDEX ix_totals ON totals (five);
