CREATE TABLE t (a integer, CONSTRAINT uq_t_a UNIQUE (a));
