CREATE TABLE orders (id serial PRIMARY KEY, note varchar(80));
