CREATE TABLE members (
  id serial PRIMARY KEY, token varchar(40) NOT NULL DEFAULT '', score varchar(8) NOT NULL DEFAULT '0',
  tags text NOT NULL DEFAULT '{}', roles text NOT NULL DEFAULT '{}', settings jsonb NOT NULL DEFAULT '{}',
  seen timestamp, born timestamp, rate double precision, name varchar(100), link text DEFAULT 'x'
);
INSERT INTO members (token, score, tags) VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '7', 'a,b');
