CREATE TABLE t (
    a text DEFAULT 'now()',
    b timestamptz DEFAULT now(),
    c timestamptz DEFAULT CURRENT_TIMESTAMP(0),
    d timestamptz DEFAULT statement_timestamp()
);
