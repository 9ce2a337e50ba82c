-- Rows that migrations have put in: lookup tables whose sequences do not know of them.
CREATE TABLE roles (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
INSERT INTO roles (id, name) VALUES (1, 'admin'), (2, 'user'), (4, 'name 1');
CREATE TABLE kinds (code char(1) PRIMARY KEY CHECK (code IN ('a', 'b')));
INSERT INTO kinds VALUES ('a'), ('b');
CREATE TABLE users (id serial PRIMARY KEY, role_id integer NOT NULL REFERENCES roles, kind char(1) NOT NULL REFERENCES kinds);
