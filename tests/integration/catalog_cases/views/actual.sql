CREATE TABLE t (a integer, b integer);
CREATE VIEW same AS SELECT a FROM t WHERE b > 0;
CREATE VIEW changed AS SELECT 1 AS one;
CREATE VIEW gone AS SELECT 2 AS two;
CREATE VIEW becomes_materialized AS SELECT 3 AS three;
CREATE VIEW guarded AS SELECT 4 AS four;
CREATE MATERIALIZED VIEW totals AS SELECT 5 AS five, 6 AS six;
CREATE INDEX ix_totals ON totals (five);
