CREATE SEQUENCE numbers;
CREATE TABLE t (number bigint DEFAULT nextval('numbers'));
