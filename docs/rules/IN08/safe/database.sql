CREATE TABLE owners (id serial PRIMARY KEY);
