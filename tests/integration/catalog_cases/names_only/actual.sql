CREATE TABLE users (id integer, email text, age integer, CONSTRAINT users_pk PRIMARY KEY (id), CONSTRAINT email_once UNIQUE (email), CONSTRAINT grown_up CHECK (age > 17));
CREATE TABLE posts (user_id integer, CONSTRAINT writer FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE INDEX by_age ON users (age);
