CREATE TABLE teams (id serial CONSTRAINT pk_teams PRIMARY KEY, name varchar NOT NULL CONSTRAINT uq_teams_name UNIQUE);
CREATE TABLE users (
    id serial CONSTRAINT pk_users PRIMARY KEY,
    team_id integer CONSTRAINT fk_users_team_id_teams REFERENCES teams,
    age integer CONSTRAINT ck_users_age_positive CHECK (age > 0)
);
CREATE INDEX ix_users_team_id ON users (team_id);
