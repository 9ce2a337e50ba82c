CREATE TABLE seats (row_number integer NOT NULL, seat integer NOT NULL, PRIMARY KEY (row_number));
