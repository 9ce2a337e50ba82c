CREATE TABLE legacy (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
CREATE INDEX ix_legacy_note ON legacy (note);
CREATE TABLE users (id integer);
