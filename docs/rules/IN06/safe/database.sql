CREATE TABLE orders (id serial PRIMARY KEY, total integer NOT NULL CONSTRAINT ck_orders_total CHECK (total >= 0));
