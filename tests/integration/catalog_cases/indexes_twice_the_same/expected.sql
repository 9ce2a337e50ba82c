CREATE TABLE t (a integer);
CREATE INDEX two ON t (a);
CREATE INDEX three ON t (a);
CREATE INDEX four ON t (a);
