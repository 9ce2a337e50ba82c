CREATE TABLE users (id serial PRIMARY KEY, name varchar NOT NULL);
CREATE TABLE orders (id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users ON DELETE CASCADE);
