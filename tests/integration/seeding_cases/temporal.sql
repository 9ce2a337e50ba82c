-- requires: PostgreSQL 18, extension btree_gist
CREATE EXTENSION btree_gist;
CREATE TABLE rooms (id integer, valid_at daterange, beds integer, PRIMARY KEY (id, valid_at WITHOUT OVERLAPS));
CREATE TABLE prices (
    room_id integer, "PERIOD" text, during tsrange, UNIQUE (room_id, "PERIOD", during WITHOUT OVERLAPS)
);
CREATE TABLE stays (
    id serial PRIMARY KEY, room_id integer NOT NULL, during daterange NOT NULL,
    FOREIGN KEY (room_id, PERIOD during) REFERENCES rooms (id, PERIOD valid_at)
);
CREATE TABLE notes (
    id serial PRIMARY KEY, stay_id integer REFERENCES stays NOT ENFORCED, words text CHECK (words <> '') NOT ENFORCED,
    length integer GENERATED ALWAYS AS (length(words)) VIRTUAL
);
