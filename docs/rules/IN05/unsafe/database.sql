CREATE TABLE users (id serial PRIMARY KEY, language varchar NOT NULL DEFAULT 'en');
