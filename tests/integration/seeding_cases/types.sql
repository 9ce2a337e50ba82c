CREATE SCHEMA audit;
CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"', 'back\slash, 100%');
CREATE TYPE audit."Level" AS ENUM ('low', 'high');
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[a-z0-9._]+@[a-z]+\.[a-z]{2,3}$');
CREATE DOMAIN short_email AS email NOT NULL CHECK (length(VALUE) < 20);
CREATE DOMAIN percentage AS numeric(5,2) CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE TYPE address AS (street text, number integer, "where's" point);
CREATE TYPE price_range AS RANGE (subtype = numeric);

CREATE TABLE every_type (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a1 smallint, a2 integer, a3 bigint, a4 numeric, a5 numeric(3,1), a6 numeric(2,2), a7 numeric(6), a8 real,
    a9 double precision, a10 money, b1 text, b2 varchar, b3 varchar(1), b4 varchar(30), b5 char, b6 char(7), b7 "char",
    b8 name, c1 bytea, c2 boolean, c3 uuid, c4 json, c5 jsonb, c6 jsonpath, d1 date, d2 timestamp,
    d3 timestamptz, d4 timestamp(0), d5 timestamptz(3), d6 time, d7 timetz, d8 interval, d9 interval day to second(2),
    d10 interval year to month, e1 inet, e2 cidr, e3 macaddr, e4 macaddr8, e5 bit, e6 bit(5), e7 bit varying(3),
    f1 tsvector, f2 tsquery, g1 point, g2 line, g3 lseg, g4 box, g5 path, g6 polygon, g7 circle, h1 int4range,
    h2 int8range, h3 numrange, h4 daterange, h5 tsrange, h6 tstzrange, i1 oid, i2 regclass, i3 regtype, i4 pg_lsn,
    j1 text[], j2 integer[][], j3 mood[], j4 numeric(4,2)[], j5 jsonb[], j6 timestamptz[], j7 daterange[], j8 uuid[],
    k1 mood, k2 audit."Level", k3 email, k4 short_email, k5 percentage, k6 address, k7 address[], k8 price_range,
    k9 percentage[], l4 regproc, l5 tid, l6 int2vector, l7 varchar(12)[]
);
CREATE TABLE every_type_required (
    id integer PRIMARY KEY, a numeric(2,2) NOT NULL UNIQUE, b varchar(1) NOT NULL UNIQUE, c bytea NOT NULL UNIQUE,
    d uuid NOT NULL UNIQUE, e inet NOT NULL UNIQUE, f interval NOT NULL UNIQUE, g daterange NOT NULL UNIQUE,
    h jsonb NOT NULL UNIQUE, i text[] NOT NULL UNIQUE, j address NOT NULL UNIQUE, k mood NOT NULL UNIQUE,
    l bit(2) NOT NULL UNIQUE, m time NOT NULL UNIQUE, n email NOT NULL UNIQUE, o short_email UNIQUE,
    r percentage UNIQUE, s char(2) NOT NULL UNIQUE
);
