CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE t (a text DEFAULT 'sad', b mood DEFAULT 'sad');
