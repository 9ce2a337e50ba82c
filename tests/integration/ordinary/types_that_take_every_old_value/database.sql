CREATE TABLE items (
    id serial PRIMARY KEY,
    code varchar(20) NOT NULL,
    title varchar(80) NOT NULL,
    note varchar,
    amount numeric(8, 2) NOT NULL,
    rate numeric(8, 2)
);
