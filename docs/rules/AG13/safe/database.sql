CREATE TABLE orders (id serial PRIMARY KEY, total integer NOT NULL);
CREATE VIEW ids AS SELECT id FROM orders;
