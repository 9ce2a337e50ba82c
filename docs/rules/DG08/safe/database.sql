CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE visits (id serial PRIMARY KEY);
