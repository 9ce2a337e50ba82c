CREATE TABLE t (a integer, b integer, CHECK (b < 100 + a), CHECK (a < b));
