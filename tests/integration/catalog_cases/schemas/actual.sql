CREATE SCHEMA audit;
CREATE SCHEMA legacy;
CREATE TYPE audit.level AS ENUM ('low');
CREATE TABLE users (id integer);
CREATE TABLE audit.users (id integer, level audit.level DEFAULT 'low');
CREATE INDEX ix_id ON audit.users (id);
