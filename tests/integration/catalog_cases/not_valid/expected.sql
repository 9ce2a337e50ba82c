CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (a integer CONSTRAINT ck CHECK (a > 0), p_id integer CONSTRAINT fk REFERENCES p);
