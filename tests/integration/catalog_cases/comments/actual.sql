CREATE TABLE t (a integer, b integer, c integer);
COMMENT ON TABLE t IS 'all of it';
COMMENT ON COLUMN t.a IS 'since now()';
COMMENT ON COLUMN t.b IS 'same';
CREATE VIEW v AS SELECT 1 AS one;
