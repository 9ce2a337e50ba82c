CREATE TABLE orders (id serial PRIMARY KEY, total integer NOT NULL, tax integer NOT NULL);
CREATE FUNCTION largest() RETURNS integer LANGUAGE sql AS 'SELECT max(total + tax)::integer FROM orders';
