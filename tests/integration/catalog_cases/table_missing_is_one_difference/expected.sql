CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE invoices (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (id),
    total numeric(10, 2) CHECK (total >= 0),
    number text UNIQUE
);
CREATE INDEX ix_invoices_user_id ON invoices (user_id);
CREATE SEQUENCE invoices_number OWNED BY invoices.number;
