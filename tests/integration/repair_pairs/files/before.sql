CREATE SCHEMA unseen;
CREATE DOMAIN postcode AS text CHECK (VALUE <> '');
CREATE TABLE unseen.log (id serial PRIMARY KEY);
CREATE TABLE parents (id serial PRIMARY KEY);
CREATE TABLE children (id serial PRIMARY KEY, parent_id integer CONSTRAINT fk_parent REFERENCES parents, code postcode, CONSTRAINT uq_code UNIQUE (code));
CREATE TABLE counted (id serial PRIMARY KEY, name text);
CREATE TABLE keyed (id integer PRIMARY KEY, tenant integer NOT NULL);
CREATE TABLE unready (id integer PRIMARY KEY, tenant integer);
INSERT INTO counted (name) VALUES ('a'), ('b');
