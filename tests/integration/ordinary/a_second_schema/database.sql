CREATE SCHEMA billing;
CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE billing.accounts (id serial PRIMARY KEY);
