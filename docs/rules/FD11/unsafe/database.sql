CREATE TABLE users (
    id serial PRIMARY KEY,
    kind varchar NOT NULL,
    level integer NOT NULL,
    CONSTRAINT ck_users_level CHECK (kind = 'admin' OR level < 5)
);
