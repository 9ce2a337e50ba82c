CREATE TABLE lines (id serial PRIMARY KEY, amount integer);
ALTER TABLE lines ADD CONSTRAINT ck_lines_amount CHECK (amount > 0);
