CREATE TABLE t (a varchar(9) DEFAULT 'x'::varchar, b boolean DEFAULT TRUE, c integer DEFAULT 7, d jsonb DEFAULT '{}'::jsonb, e integer DEFAULT 1+1);
