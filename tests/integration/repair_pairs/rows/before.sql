CREATE TABLE users (id serial PRIMARY KEY, name varchar(40), mail text, age varchar(10) DEFAULT '0', big integer, flag integer DEFAULT 1, code bigint, at timestamp, points integer);
INSERT INTO users (name, mail, age) VALUES ('Ada', 'a@b', '36');
