CREATE TABLE users (id integer PRIMARY KEY, email text UNIQUE, age integer CHECK (age > 17));
CREATE TABLE posts (user_id integer REFERENCES users (id) ON DELETE CASCADE);
CREATE INDEX ix_users_age ON users (age);
