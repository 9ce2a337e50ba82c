CREATE TABLE orders (id serial PRIMARY KEY, placed_at timestamptz NOT NULL);
CREATE INDEX ix_orders_placed_at ON orders (placed_at);
