CREATE TABLE things (id integer PRIMARY KEY, name text CONSTRAINT ck_name CHECK (name <> ''));
CREATE TABLE some_things (more text) INHERITS (things);
CREATE TABLE kept (id integer PRIMARY KEY);
