CREATE TABLE users (id serial PRIMARY KEY, first varchar NOT NULL, last varchar NOT NULL);
