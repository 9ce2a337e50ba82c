CREATE TABLE users (name text, id integer PRIMARY KEY, email text NOT NULL);
