CREATE TABLE a (x integer NOT NULL, y integer NOT NULL, CONSTRAINT pk_a PRIMARY KEY (x, y));
CREATE TABLE b (x integer NOT NULL, y integer NOT NULL, PRIMARY KEY (y, x));
CREATE TABLE c (x integer PRIMARY KEY);
CREATE TABLE d (x integer NOT NULL);
