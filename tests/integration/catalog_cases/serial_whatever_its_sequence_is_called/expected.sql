CREATE TABLE t (id serial PRIMARY KEY, code text);
