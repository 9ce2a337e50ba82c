CREATE SCHEMA app;
CREATE COLLATION app.plain FROM "C";
CREATE TABLE t (a text COLLATE "C", b text, c text COLLATE "POSIX", d text COLLATE app.plain);
