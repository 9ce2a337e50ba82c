CREATE TABLE customers (id serial PRIMARY KEY, name varchar NOT NULL, email varchar NOT NULL);
