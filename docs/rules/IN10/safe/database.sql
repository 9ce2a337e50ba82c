CREATE TABLE rooms (id integer, valid_at daterange, PRIMARY KEY (id, valid_at));
