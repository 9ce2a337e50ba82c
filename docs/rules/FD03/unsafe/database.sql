CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL);
CREATE INDEX users_by_email ON users (email);
