CREATE TYPE status AS ENUM ('new', 'paid');
CREATE TABLE orders (id serial PRIMARY KEY, status status NOT NULL DEFAULT 'new');
