CREATE TABLE t (a integer, b integer, c integer);
COMMENT ON TABLE t IS 'some of it';
COMMENT ON COLUMN t.a IS 'since CURRENT_TIMESTAMP';
COMMENT ON COLUMN t.b IS 'same';
COMMENT ON COLUMN t.c IS 'the third';
CREATE VIEW v AS SELECT 1 AS one;
COMMENT ON VIEW v IS 'one';
