CREATE TABLE users (id serial PRIMARY KEY, full_name varchar);
