CREATE TABLE t (during tsrange, room point, CONSTRAINT once EXCLUDE USING gist (during WITH &&), CONSTRAINT gone EXCLUDE USING gist (during WITH =));
