CREATE TABLE users (id serial PRIMARY KEY, language varchar(2) NOT NULL DEFAULT 'en');
