CREATE TYPE a AS ENUM ('done', 'new');
CREATE TYPE b AS ENUM ('new', 'done', 'failed');
CREATE TYPE c AS ENUM ('half', 'one', 'two');
CREATE TYPE e AS ENUM ('x');
