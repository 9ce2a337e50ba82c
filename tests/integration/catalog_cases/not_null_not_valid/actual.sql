-- requires: PostgreSQL 18
CREATE TABLE t (a integer);
ALTER TABLE t ADD CONSTRAINT t_a_not_null NOT NULL a NOT VALID;
