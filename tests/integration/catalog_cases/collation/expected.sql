CREATE SCHEMA app;
CREATE COLLATION app.plain FROM "C";
CREATE TABLE t (a text, b text COLLATE "default", c text COLLATE "C", d text COLLATE "C");
