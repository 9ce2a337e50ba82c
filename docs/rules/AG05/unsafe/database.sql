CREATE SCHEMA audit;
CREATE TABLE audit.changes (id serial PRIMARY KEY);
