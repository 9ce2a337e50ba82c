CREATE TABLE orders (id serial PRIMARY KEY, quantity varchar NOT NULL);
