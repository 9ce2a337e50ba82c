CREATE TABLE users (id serial PRIMARY KEY, email varchar CONSTRAINT uq_users_email UNIQUE);
