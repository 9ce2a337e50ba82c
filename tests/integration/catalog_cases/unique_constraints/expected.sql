CREATE TABLE t (a integer, b integer, c integer, CONSTRAINT uq_t_ab UNIQUE (b, a), CONSTRAINT uq_t_c UNIQUE (c));
