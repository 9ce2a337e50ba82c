CREATE TABLE t (a integer, b integer, CHECK (a < b), CHECK (b < 100 + a));
