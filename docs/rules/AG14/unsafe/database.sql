CREATE TABLE orders (id serial PRIMARY KEY, total integer NOT NULL, tax integer NOT NULL);
CREATE FUNCTION largest() RETURNS integer BEGIN ATOMIC SELECT max(total + tax) FROM orders; END;
