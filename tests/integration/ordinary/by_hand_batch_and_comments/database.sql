CREATE TABLE users (id serial PRIMARY KEY, name varchar(40), nick varchar(40) DEFAULT 'x' NOT NULL);
