CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL);
-- Another service's.
CREATE TABLE jobs (id bigint PRIMARY KEY, payload jsonb NOT NULL, run_at timestamptz NOT NULL);
