-- requires: extension hstore
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE SCHEMA ext; CREATE EXTENSION ltree SCHEMA ext;
CREATE EXTENSION vector;
CREATE TABLE things (
    name citext PRIMARY KEY, more hstore NOT NULL, path ext.ltree UNIQUE, paths ext.ltree[],
    place vector(3) NOT NULL UNIQUE, half halfvec(2), thin sparsevec(4), code citext CHECK (code ~ '^[A-Z]{3}$')
);
