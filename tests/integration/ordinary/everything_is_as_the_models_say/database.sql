CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE teams (id serial PRIMARY KEY, name varchar(40) NOT NULL UNIQUE, level smallint DEFAULT 1 NOT NULL);
CREATE TABLE users (
    id bigserial PRIMARY KEY,
    email citext NOT NULL CONSTRAINT users_email_unique UNIQUE,
    team_id integer CONSTRAINT fk_team REFERENCES teams ON DELETE SET NULL,
    mood mood DEFAULT 'good' NOT NULL,
    moods mood[] DEFAULT '{}' NOT NULL,
    amount numeric(10, 2) DEFAULT 0 NOT NULL CHECK (amount >= 0),
    ratio double precision,
    payload jsonb DEFAULT '{}' NOT NULL,
    key uuid DEFAULT gen_random_uuid() NOT NULL,
    at timestamptz DEFAULT now() NOT NULL,
    day date DEFAULT CURRENT_DATE NOT NULL,
    until time,
    took interval,
    active boolean DEFAULT true NOT NULL,
    label varchar DEFAULT 'new: {x}' NOT NULL,
    net integer GENERATED ALWAYS AS (1 + 1) STORED
);
COMMENT ON COLUMN users.email IS 'lower or upper';
CREATE INDEX ix_users_team_id ON users (team_id);
CREATE INDEX ix_users_payload ON users USING gin (payload);
CREATE UNIQUE INDEX ix_users_label ON users (lower(label)) WHERE active;
