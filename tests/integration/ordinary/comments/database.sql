CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL, name varchar);
COMMENT ON TABLE users IS 'People';
COMMENT ON COLUMN users.name IS 'as they say it';
CREATE TABLE teams (id serial PRIMARY KEY);
