CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE t (a mood DEFAULT 'sad', b mood DEFAULT 'glad');
