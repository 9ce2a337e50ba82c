CREATE TABLE t (a integer, s text, CONSTRAINT ck_a CHECK (a > 0), CONSTRAINT ck_s CHECK (s IN ('x', 'y')), CONSTRAINT ck_len CHECK (length(s) < 9));
