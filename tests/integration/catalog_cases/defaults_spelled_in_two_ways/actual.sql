CREATE TABLE t (a varchar(9) DEFAULT 'x', b boolean DEFAULT 'true', c integer DEFAULT '7', d jsonb DEFAULT '{}', e integer DEFAULT (1 + 1));
