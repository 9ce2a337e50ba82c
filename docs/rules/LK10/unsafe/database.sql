CREATE TABLE orders (id serial PRIMARY KEY);
CREATE TABLE countries (code char(2) PRIMARY KEY, name varchar NOT NULL);
