CREATE TABLE teams (id serial PRIMARY KEY);
CREATE TABLE users (id serial PRIMARY KEY, team_id integer CONSTRAINT users_team_id_fkey REFERENCES teams);
