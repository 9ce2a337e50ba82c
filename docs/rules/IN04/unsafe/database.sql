CREATE TABLE orders (id serial PRIMARY KEY, state varchar NOT NULL);
CREATE INDEX ix_orders_open ON orders (id) WHERE state = 'open';
