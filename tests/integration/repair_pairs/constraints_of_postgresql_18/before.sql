-- requires: PostgreSQL 18, extension btree_gist
CREATE EXTENSION btree_gist;
CREATE TABLE rooms (
  id integer, valid_at daterange, doubled integer GENERATED ALWAYS AS (id * 2) VIRTUAL,
  CONSTRAINT pk_rooms PRIMARY KEY (id, valid_at WITHOUT OVERLAPS)
);
CREATE TABLE stays (
  id integer, room_id integer, during daterange, guest integer,
  doubled integer GENERATED ALWAYS AS (guest * 2) VIRTUAL,
  a integer CONSTRAINT ck_a CHECK (a > 0) NOT ENFORCED, b integer CONSTRAINT ck_b CHECK (b > 0),
  z integer CONSTRAINT z_named NOT NULL, y integer, x integer,
  CONSTRAINT pk_stays PRIMARY KEY (id, during WITHOUT OVERLAPS),
  CONSTRAINT fk_room FOREIGN KEY (room_id, PERIOD during) REFERENCES rooms (id, PERIOD valid_at),
  CONSTRAINT uq_guest UNIQUE (guest, during WITHOUT OVERLAPS), CONSTRAINT ex_guest EXCLUDE (guest WITH =),
  CONSTRAINT uq_plain UNIQUE (id, guest) INCLUDE (room_id) DEFERRABLE
);
ALTER TABLE stays ADD CONSTRAINT fk_a FOREIGN KEY (a, PERIOD during) REFERENCES rooms NOT ENFORCED;
ALTER TABLE stays ADD CONSTRAINT ck_c CHECK (a > b) NOT VALID;
ALTER TABLE stays ADD CONSTRAINT y_required NOT NULL y NOT VALID;
ALTER TABLE stays ADD CONSTRAINT required NOT NULL x NO INHERIT;
