CREATE TABLE users (
    id serial PRIMARY KEY,
    kind varchar,
    level integer NOT NULL,
    CONSTRAINT ck_users_level CHECK (level < 5)
);
