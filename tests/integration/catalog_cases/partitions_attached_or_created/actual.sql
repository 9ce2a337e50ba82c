CREATE TABLE events (at date PRIMARY KEY, n integer CHECK (n > 0)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 (at date PRIMARY KEY, n integer CONSTRAINT events_n_check CHECK (n > 0));
ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE refers (at date REFERENCES events);
