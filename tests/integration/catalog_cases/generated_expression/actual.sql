CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED, c integer, d integer GENERATED ALWAYS AS (a+1) STORED);
