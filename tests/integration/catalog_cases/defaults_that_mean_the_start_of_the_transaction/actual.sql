CREATE TABLE t (
    a timestamptz DEFAULT now(),
    b timestamp DEFAULT CURRENT_TIMESTAMP,
    c timestamptz DEFAULT transaction_timestamp(),
    d timestamptz DEFAULT now() + interval '1 day'
);
