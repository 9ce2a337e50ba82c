-- requires: PostgreSQL 18, extension btree_gist
CREATE EXTENSION btree_gist;
CREATE TABLE rooms (id integer, valid_at daterange, PRIMARY KEY (id, valid_at WITHOUT OVERLAPS));
