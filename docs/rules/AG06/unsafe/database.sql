CREATE TABLE seats (row_number integer CONSTRAINT seats_pkey PRIMARY KEY);
