CREATE DOMAIN age AS integer CONSTRAINT called_otherwise CHECK (VALUE >= 0);
CREATE DOMAIN code AS varchar(6);
CREATE DOMAIN word AS text CHECK (VALUE <> '') CHECK (length(VALUE) < 9);
CREATE DOMAIN wanted AS text;
