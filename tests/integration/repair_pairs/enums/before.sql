CREATE TYPE status AS ENUM ('new', 'sent');
CREATE TYPE mood AS ENUM ('sad', 'odd', 'fine');
CREATE TYPE gone AS ENUM ('a');
CREATE TYPE unused AS ENUM ('x');
CREATE TABLE orders (id serial PRIMARY KEY, status status NOT NULL DEFAULT 'new', mood mood, kind varchar(9), old gone);
INSERT INTO orders (status, mood, kind) VALUES ('sent', 'odd', 'small');
