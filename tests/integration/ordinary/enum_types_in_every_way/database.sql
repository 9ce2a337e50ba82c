CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE days (id serial PRIMARY KEY, mood mood NOT NULL);
