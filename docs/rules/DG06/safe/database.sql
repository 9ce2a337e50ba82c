CREATE TABLE users (id serial PRIMARY KEY, points integer NOT NULL);
