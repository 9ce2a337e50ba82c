-- requires: PostgreSQL 15
CREATE TABLE t (a integer, b integer, CONSTRAINT uq_a UNIQUE (a), CONSTRAINT uq_b UNIQUE (b));
