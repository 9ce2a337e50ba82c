-- What pg_dump writes, in short.
SET client_encoding = 'UTF8';
CREATE TABLE public.alembic_version (version_num character varying(32) NOT NULL);
CREATE TABLE public.users (id integer NOT NULL, name character varying(80));
CREATE SEQUENCE public.users_id_seq AS integer;
ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;
ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);
COPY public.alembic_version (version_num) FROM stdin;
0001
\.
COPY public.users (id, name) FROM stdin;
1	ada
2	bob
3	bob
\.
SELECT pg_catalog.setval('public.users_id_seq', 3, true);
ALTER TABLE ONLY public.alembic_version ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
