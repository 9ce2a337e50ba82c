CREATE TABLE users (id integer, nickname varchar(40) COLLATE "C" DEFAULT 'none');
