CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE regions (country char(2), code varchar(8), PRIMARY KEY (country, code));
