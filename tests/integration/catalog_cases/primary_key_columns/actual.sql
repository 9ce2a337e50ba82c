CREATE TABLE a (x integer NOT NULL, y integer NOT NULL, PRIMARY KEY (x));
CREATE TABLE b (x integer NOT NULL, y integer NOT NULL, CONSTRAINT pk_b PRIMARY KEY (x, y));
CREATE TABLE c (x integer NOT NULL);
CREATE TABLE d (x integer PRIMARY KEY);
