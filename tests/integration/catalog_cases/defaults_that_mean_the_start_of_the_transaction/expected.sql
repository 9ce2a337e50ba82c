CREATE TABLE t (
    a timestamptz DEFAULT CURRENT_TIMESTAMP,
    b timestamp DEFAULT now(),
    c timestamptz DEFAULT CURRENT_TIMESTAMP,
    d timestamptz DEFAULT CURRENT_TIMESTAMP + '1 day'::interval
);
