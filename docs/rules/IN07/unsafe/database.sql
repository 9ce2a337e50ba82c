CREATE TABLE lines (id serial PRIMARY KEY, net integer NOT NULL, gross integer);
