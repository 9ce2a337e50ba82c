CREATE SCHEMA app;
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE app.users (id integer PRIMARY KEY);
CREATE TABLE posts (user_id integer, CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES app.users (id));
