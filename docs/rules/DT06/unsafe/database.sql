CREATE TABLE users (id serial PRIMARY KEY, active varchar NOT NULL DEFAULT 'true');
