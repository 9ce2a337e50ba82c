CREATE TABLE t (a integer);
CREATE UNIQUE INDEX uq_t_a ON t (a);
