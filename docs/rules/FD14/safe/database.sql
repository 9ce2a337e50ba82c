CREATE EXTENSION btree_gist;
CREATE TABLE bookings (
    id serial PRIMARY KEY,
    room integer NOT NULL,
    during tstzrange NOT NULL,
    CONSTRAINT ex_bookings_room EXCLUDE USING gist (room WITH =, during WITH &&)
);
