CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema"."Order Lines" ("Unit Price" numeric, "select" integer, "it's" serial);
CREATE INDEX "By Price" ON "My Schema"."Order Lines" ("Unit Price");
CREATE TYPE "Mood" AS ENUM ('a');
