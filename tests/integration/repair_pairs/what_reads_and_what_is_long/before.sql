CREATE TABLE orders (id serial PRIMARY KEY, total integer NOT NULL, fax varchar, "kind" text NOT NULL, size integer);
CREATE INDEX ix_orders_fax ON orders (fax);
CREATE VIEW totals AS SELECT id, total AS size FROM orders;
CREATE MATERIALIZED VIEW faxes AS SELECT id, fax FROM orders;
CREATE TABLE a_table_whose_name_is_rather_long_for_anybody_to_read (id serial PRIMARY KEY);
