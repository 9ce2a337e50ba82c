CREATE TABLE reports (id int PRIMARY KEY, body text);
GRANT SELECT ON reports TO pg_monitor;
