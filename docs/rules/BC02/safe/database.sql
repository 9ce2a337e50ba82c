CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE faxes (id serial PRIMARY KEY, number varchar NOT NULL);
