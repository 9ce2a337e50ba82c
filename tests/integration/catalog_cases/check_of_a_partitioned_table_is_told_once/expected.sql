CREATE TABLE events (at date, n integer, CONSTRAINT ck CHECK (n > 1)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE base (n integer CONSTRAINT base_ck CHECK (n > 1));
CREATE TABLE child () INHERITS (base);
