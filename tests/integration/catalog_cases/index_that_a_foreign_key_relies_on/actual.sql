CREATE TABLE p (code text);
CREATE UNIQUE INDEX codes ON p (code);
CREATE TABLE c (code text REFERENCES p (code));
