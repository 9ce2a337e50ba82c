CREATE TABLE users (id serial PRIMARY KEY, email varchar NOT NULL, fax varchar, telex varchar);
CREATE INDEX ix_users_telex ON users (telex);
CREATE INDEX ix_users_email ON users (email);
CREATE TABLE faxes (id serial PRIMARY KEY, number varchar NOT NULL);
CREATE INDEX ix_faxes_number ON faxes (number);
