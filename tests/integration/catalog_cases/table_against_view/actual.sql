CREATE TABLE people (one integer);
