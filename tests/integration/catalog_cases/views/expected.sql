CREATE TABLE t (a integer, b integer);
CREATE VIEW same AS select t.a from t where (t.b>0);
CREATE VIEW changed AS SELECT 11 AS one;
CREATE VIEW wanted AS SELECT 22 AS two;
CREATE MATERIALIZED VIEW becomes_materialized AS SELECT 3 AS three;
CREATE VIEW guarded WITH (security_barrier) AS SELECT 4 AS four;
CREATE MATERIALIZED VIEW totals AS SELECT 5 AS five, 6 AS six;
CREATE UNIQUE INDEX ix_totals ON totals (five);
CREATE INDEX ix_six ON totals (six);
