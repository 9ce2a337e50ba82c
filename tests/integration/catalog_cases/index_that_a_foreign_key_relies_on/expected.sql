CREATE TABLE p (code text);
CREATE UNIQUE INDEX ux_p_code ON p (code);
CREATE TABLE c (code text REFERENCES p (code));
