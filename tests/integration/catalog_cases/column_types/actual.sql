CREATE TABLE t (a varchar(20), b numeric(8, 2), c timestamp, d integer[], e integer, f text, g char(3), h bit(4));
