CREATE TABLE orders (id serial PRIMARY KEY, total integer NOT NULL);
CREATE VIEW totals AS SELECT id, total FROM orders;
GRANT SELECT ON totals TO PUBLIC;
