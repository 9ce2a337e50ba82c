CREATE TABLE users (id serial PRIMARY KEY, name text, made timestamp);
CREATE TABLE queue (id serial PRIMARY KEY, CONSTRAINT ck_queue CHECK (id > 0));
