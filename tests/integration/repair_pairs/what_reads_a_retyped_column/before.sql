CREATE TABLE docs (id serial PRIMARY KEY, title varchar(100) NOT NULL, owner varchar(20), n int,
 search tsvector GENERATED ALWAYS AS (to_tsvector('simple', title)) STORED, CONSTRAINT ck CHECK (search IS NOT NULL));
CREATE INDEX ix_s ON docs USING gin (search);
COMMENT ON COLUMN docs.search IS 'words';
CREATE VIEW v1 WITH (security_barrier=true) AS SELECT id, title, search FROM docs WHERE title <> 'a  b';
CREATE VIEW a0 AS SELECT count(*) AS c, title FROM v1 GROUP BY title;
COMMENT ON VIEW v1 IS 'it''s';
CREATE MATERIALIZED VIEW m AS SELECT title, owner FROM docs; CREATE UNIQUE INDEX mi ON m (title);
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Own it" ON docs AS RESTRICTIVE FOR UPDATE USING (owner = current_user) WITH CHECK (length(title) > 1);
CREATE TABLE bills (id serial PRIMARY KEY, total integer NOT NULL);
CREATE VIEW totals AS SELECT total FROM bills;
GRANT SELECT ON totals TO PUBLIC;
CREATE TABLE notes (id serial PRIMARY KEY, body varchar(9), words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY short ON notes USING (length(body) < 9);
