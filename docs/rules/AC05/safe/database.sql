CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL);
CREATE VIEW own_accounts WITH (security_invoker = true) AS SELECT id FROM accounts;
