CREATE TABLE users (id serial PRIMARY KEY, fax varchar NOT NULL);
