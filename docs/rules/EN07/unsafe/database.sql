CREATE TYPE status AS ENUM ('new', 'paid');
CREATE TABLE orders (id serial PRIMARY KEY, status status NOT NULL DEFAULT 'new', past status[]);
CREATE INDEX ix_orders_new ON orders (id) WHERE status = 'new';
