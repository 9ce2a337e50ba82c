CREATE TABLE t (a integer DEFAULT 2, b integer DEFAULT 0, c text, d boolean DEFAULT false, e text DEFAULT 'two spaces');
