CREATE TABLE teams (id serial PRIMARY KEY, name text, CONSTRAINT uq_teams UNIQUE (name, id), CONSTRAINT ck_kept CHECK (id <> 13));
CREATE TABLE users (
  id serial PRIMARY KEY, team_id integer, age integer DEFAULT 1, nick text, mail text, made timestamp DEFAULT now(),
  doubled integer GENERATED ALWAYS AS (age * 2) STORED,
  CONSTRAINT ck_age CHECK (age > 0), CONSTRAINT fk_team FOREIGN KEY (team_id) REFERENCES teams (id) MATCH FULL
);
CREATE INDEX ix_nick ON users (nick);
CREATE INDEX ix_mail ON users (mail, nick) WHERE mail <> 'none';
COMMENT ON COLUMN users.nick IS 'old';
INSERT INTO teams (name) VALUES ('one');
INSERT INTO users (team_id, age, nick, mail) VALUES (1, 5, 'x', 'y');
