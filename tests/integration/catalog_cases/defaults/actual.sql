CREATE TABLE t (a integer DEFAULT 1, b integer, c text DEFAULT 'x', d boolean DEFAULT false, e text DEFAULT 'two  spaces');
