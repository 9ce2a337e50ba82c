CREATE TABLE t (id serial PRIMARY KEY, code text);
ALTER SEQUENCE t_id_seq RENAME TO old_name_of_t_id_seq;
