CREATE TYPE a AS ENUM ('new', 'done');
CREATE TYPE b AS ENUM ('new', 'done');
CREATE TYPE c AS ENUM ('one', 'two');
ALTER TYPE c ADD VALUE 'half' BEFORE 'one';
CREATE TYPE d AS ENUM ('it''s');
