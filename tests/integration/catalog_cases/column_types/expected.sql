CREATE TABLE t (a varchar(40), b numeric(10, 2), c timestamptz, d bigint[], e integer, f varchar, g char(4), h bit(8));
