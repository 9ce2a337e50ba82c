CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL CONSTRAINT users_email_key UNIQUE);
