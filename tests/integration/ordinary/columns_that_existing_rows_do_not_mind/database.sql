CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL);
CREATE TABLE teams (id serial PRIMARY KEY, name varchar NOT NULL);
