CREATE TABLE t (a int, b varchar(5), c timestamp with time zone, d decimal(5, 1), e bool, f float8, g char);
