CREATE TABLE base (id integer);
CREATE TABLE child (id integer);
CREATE TABLE cache (id integer);
