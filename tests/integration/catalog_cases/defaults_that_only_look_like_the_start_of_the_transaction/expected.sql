CREATE TABLE t (
    a text DEFAULT 'CURRENT_TIMESTAMP',
    b timestamptz DEFAULT clock_timestamp(),
    c timestamptz DEFAULT CURRENT_TIMESTAMP,
    d timestamptz DEFAULT now()
);
