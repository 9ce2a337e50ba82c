CREATE TABLE a (x integer, CONSTRAINT positive CHECK (x > 0));
CREATE TABLE b (x integer, CONSTRAINT positive CHECK (x > 0));
