CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL);
CREATE INDEX ix_users_email ON users (email);
