CREATE TABLE base (id integer);
CREATE TABLE child () INHERITS (base);
CREATE UNLOGGED TABLE cache (id integer);
