CREATE SCHEMA "my shop";
CREATE TYPE "my shop"."Order State" AS ENUM ('it''s', 'b:c');
CREATE TABLE "my shop"."Order" (
  "user" serial PRIMARY KEY, "State Of" "my shop"."Order State", "a-b" varchar(9) DEFAULT '5', plain boolean, "to" integer,
  CONSTRAINT "CK Order" CHECK ("to" > 0)
);
CREATE TABLE "my shop"."Ältere" (id serial PRIMARY KEY, x integer);
CREATE INDEX "IX Order" ON "my shop"."Order" ("to") WHERE "to" > 1;
INSERT INTO "my shop"."Order" ("State Of", "a-b", plain, "to") VALUES ('b:c', '7', NULL, 3);
