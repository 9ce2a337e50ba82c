CREATE EXTENSION pg_trgm;
CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL);
CREATE TABLE queue_jobs (id bigserial PRIMARY KEY, payload jsonb);
CREATE INDEX ix_queue_jobs_payload ON queue_jobs USING gin (payload);
CREATE VIEW emails AS SELECT email FROM users;
CREATE MATERIALIZED VIEW domains AS SELECT split_part(email, '@', 2) AS domain FROM users;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
