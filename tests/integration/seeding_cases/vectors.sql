-- requires: extension vector
CREATE EXTENSION vector;
CREATE TABLE things (id serial PRIMARY KEY, place vector(3) NOT NULL UNIQUE, half halfvec(2), thin sparsevec(4));
