-- Triggers and rules of the user's own, and tables that depend on what they refuse.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no rows, 100%% sure'; END $$;
CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION only_big() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.size IS NULL OR NEW.size < 2 THEN RAISE EXCEPTION 'too small'; END IF; RETURN NEW; END $$;
CREATE TABLE closed (id serial PRIMARY KEY);
CREATE TRIGGER refuse BEFORE INSERT ON closed FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE late (id serial PRIMARY KEY);
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE swallowed (id serial PRIMARY KEY);
CREATE TRIGGER swallow BEFORE INSERT ON swallowed FOR EACH ROW EXECUTE FUNCTION swallow();
CREATE TABLE ruled (id serial PRIMARY KEY);
CREATE RULE nothing AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE TABLE picky (id serial PRIMARY KEY, size integer);
CREATE TRIGGER only_big BEFORE INSERT ON picky FOR EACH ROW EXECUTE FUNCTION only_big();
CREATE TABLE needs_closed (id serial PRIMARY KEY, closed_id integer NOT NULL REFERENCES closed);
CREATE TABLE needs_needs (id serial PRIMARY KEY, needs_id integer NOT NULL REFERENCES needs_closed);
CREATE TABLE could_do_without (id serial PRIMARY KEY, closed_id integer REFERENCES closed);
CREATE TABLE impossible (a integer NOT NULL CHECK (a < 0 AND a > 0));
CREATE TABLE no_partition (a integer) PARTITION BY LIST (a);
CREATE TABLE left_circle (id serial PRIMARY KEY, right_id integer NOT NULL);
CREATE TABLE right_circle (id serial PRIMARY KEY, left_id integer REFERENCES left_circle);
ALTER TABLE left_circle ADD FOREIGN KEY (right_id) REFERENCES right_circle;
CREATE TRIGGER refuse BEFORE INSERT ON left_circle FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TYPE nothing AS ENUM ();
CREATE TABLE with_nothing (id serial PRIMARY KEY, nothing nothing, name text);
CREATE TABLE only_nothing (nothing nothing NOT NULL);
