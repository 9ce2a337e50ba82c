CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL CONSTRAINT uq_users_email UNIQUE);
