CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema"."Order Lines" ("Unit Price" numeric NOT NULL, "select" integer DEFAULT 1, "it's" serial);
CREATE INDEX "By Price" ON "My Schema"."Order Lines" ("Unit Price") WHERE "select" > 1;
CREATE TYPE "Mood" AS ENUM ('a', 'b');
