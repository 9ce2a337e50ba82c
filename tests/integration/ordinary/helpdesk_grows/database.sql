CREATE TABLE agents (id serial PRIMARY KEY, email varchar(320) NOT NULL UNIQUE);
CREATE TABLE tickets (
    id serial PRIMARY KEY,
    subject varchar(200) NOT NULL,
    agent_id integer REFERENCES agents,
    opened_at timestamptz DEFAULT now() NOT NULL
);
CREATE INDEX ix_tickets_agent_id ON tickets (agent_id);
CREATE TABLE comments (id serial PRIMARY KEY, ticket_id integer NOT NULL REFERENCES tickets, body text NOT NULL);
