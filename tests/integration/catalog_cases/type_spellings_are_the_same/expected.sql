CREATE TABLE t (a integer, b character varying(5), c timestamptz, d numeric(5, 1), e boolean, f double precision, g character(1));
