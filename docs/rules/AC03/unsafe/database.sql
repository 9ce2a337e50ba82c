CREATE TABLE salaries (name text PRIMARY KEY, amount int NOT NULL);
CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT sum(amount) FROM salaries';
