CREATE SEQUENCE numbers;
CREATE SEQUENCE others;
CREATE TABLE t (number bigint DEFAULT nextval('others'));
