CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE c (
    a integer CONSTRAINT fk_a REFERENCES p,
    b integer CONSTRAINT fk_b REFERENCES p ON DELETE CASCADE,
    d integer CONSTRAINT fk_d REFERENCES p,
    e integer
);
