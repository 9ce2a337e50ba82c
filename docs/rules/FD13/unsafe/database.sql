CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE teams (id serial PRIMARY KEY);
CREATE TABLE orders (id serial PRIMARY KEY);
CREATE TABLE invoices (id serial PRIMARY KEY);
CREATE TABLE payments (id serial PRIMARY KEY);
