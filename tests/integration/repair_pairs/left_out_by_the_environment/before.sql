CREATE TABLE users (id serial PRIMARY KEY, name text, made timestamp);
CREATE INDEX ix_of_theirs ON users (lower(name));
ALTER TABLE users ADD CONSTRAINT uq_of_theirs UNIQUE (made);
CREATE TABLE queue (id serial PRIMARY KEY, CONSTRAINT ck_queue CHECK (id > 0));
CREATE TABLE jobs (id integer PRIMARY KEY, queue_id integer CONSTRAINT fk_of_theirs REFERENCES queue);
