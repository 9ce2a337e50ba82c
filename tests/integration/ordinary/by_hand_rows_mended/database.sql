CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL, points integer DEFAULT 0 NOT NULL);
CREATE TABLE sessions (id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users, expires timestamptz);
