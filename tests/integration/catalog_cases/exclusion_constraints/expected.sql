CREATE TABLE t (during tsrange, room point, CONSTRAINT once EXCLUDE USING gist (during WITH &&) WHERE (during IS NOT NULL));
