CREATE SCHEMA audit;
CREATE SCHEMA billing;
CREATE TYPE audit.level AS ENUM ('low', 'high');
CREATE TABLE users (id bigint);
CREATE TABLE audit.users (id integer, level audit.level DEFAULT 'high', CONSTRAINT uq UNIQUE (id));
CREATE TABLE billing.users (id integer);
CREATE DOMAIN billing.amount AS numeric;
CREATE SEQUENCE billing.numbers;
