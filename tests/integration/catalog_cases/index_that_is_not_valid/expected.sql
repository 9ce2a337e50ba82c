CREATE TABLE t (a integer);
CREATE INDEX ix_t_a ON t (a);
