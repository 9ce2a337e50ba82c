-- requires: extension hstore
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE SCHEMA ext; CREATE EXTENSION ltree SCHEMA ext;
CREATE TABLE things (
    name citext PRIMARY KEY, more hstore NOT NULL, path ext.ltree UNIQUE, paths ext.ltree[],
    code citext CHECK (code ~ '^[A-Z]{3}$')
);
