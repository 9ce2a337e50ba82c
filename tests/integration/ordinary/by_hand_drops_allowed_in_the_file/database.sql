CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL, fax varchar);
CREATE INDEX ix_users_fax ON users (fax);
CREATE TABLE faxes (id serial PRIMARY KEY, number varchar);
