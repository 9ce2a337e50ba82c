CREATE TABLE parties (id serial PRIMARY KEY, kind varchar NOT NULL);
