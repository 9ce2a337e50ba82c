CREATE TABLE t (a integer);
CREATE INDEX ix_t_a ON t (a);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_t_a'::regclass;
