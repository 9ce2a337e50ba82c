-- requires: PostgreSQL 18
CREATE TABLE t (a integer CONSTRAINT a_must_be_there NOT NULL);
