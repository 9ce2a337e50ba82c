CREATE TABLE t (a integer, b integer, c integer, CONSTRAINT uq_t_a UNIQUE (a), CONSTRAINT uq_t_ab UNIQUE (a, b));
