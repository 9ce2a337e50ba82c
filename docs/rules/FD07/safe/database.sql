CREATE TABLE users (id serial PRIMARY KEY);
-- As PostGIS does it: a table that belongs to the extension.
CREATE EXTENSION citext;
CREATE TABLE spatial_ref_sys (srid integer PRIMARY KEY, auth_name varchar(256));
ALTER EXTENSION citext ADD TABLE spatial_ref_sys;
