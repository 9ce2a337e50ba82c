-- requires: extension btree_gist
CREATE EXTENSION btree_gist;
CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE members (
    tenant_id uuid NOT NULL REFERENCES tenants, id integer NOT NULL, mail text NOT NULL, nick varchar(8),
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, mail)
);
CREATE UNIQUE INDEX ON members (lower(mail));
CREATE UNIQUE INDEX ON members (tenant_id) WHERE nick = 'chief';
CREATE TABLE projects (
    tenant_id uuid NOT NULL, id integer NOT NULL, lead_id integer, deputy_id integer NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES members, FOREIGN KEY (tenant_id, deputy_id) REFERENCES members,
    CHECK (lead_id <> deputy_id)
);
CREATE TABLE project_tags (
    tenant_id uuid, project_id integer, tag text, PRIMARY KEY (tenant_id, project_id, tag),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects ON DELETE CASCADE
);
CREATE TABLE links (
    member_tenant uuid, member_id integer, tenant_id uuid REFERENCES tenants, note text,
    PRIMARY KEY (member_tenant, member_id, tenant_id), FOREIGN KEY (member_tenant, member_id) REFERENCES members
);
CREATE TABLE owners (
    id serial PRIMARY KEY, tenant_id uuid REFERENCES tenants, project_tenant uuid, project_id integer,
    FOREIGN KEY (project_tenant, project_id) REFERENCES projects,
    CHECK ((tenant_id IS NULL) <> (project_id IS NULL)), CHECK ((project_tenant IS NULL) = (project_id IS NULL))
);
CREATE TABLE bookings (
    id serial PRIMARY KEY, room integer NOT NULL, during tstzrange NOT NULL,
    EXCLUDE USING gist (room WITH =, during WITH &&)
);
CREATE TABLE shifts (
    id serial PRIMARY KEY, person text NOT NULL, begins timestamp NOT NULL, ends timestamp NOT NULL,
    CHECK (begins < ends), EXCLUDE USING gist (person WITH =, tsrange(begins, ends) WITH &&)
);
CREATE TABLE settings (id boolean PRIMARY KEY DEFAULT true CHECK (id), value text);
CREATE TABLE flags (name text PRIMARY KEY, is_default boolean NOT NULL DEFAULT false);
CREATE UNIQUE INDEX ON flags (is_default) WHERE is_default;
CREATE TABLE once (code text NOT NULL DEFAULT 'x' UNIQUE, other text);
CREATE TABLE folders (id serial PRIMARY KEY, parent_id integer REFERENCES folders, name text NOT NULL, owner text);
CREATE UNIQUE INDEX ON folders (COALESCE(parent_id, 0), lower(name));
CREATE UNIQUE INDEX ON folders (lower(owner), name);
CREATE TABLE whole (tenant uuid, member integer NOT NULL, FOREIGN KEY (tenant, member) REFERENCES members MATCH FULL);
CREATE TABLE whole_or_none (tenant uuid, member integer, FOREIGN KEY (tenant, member) REFERENCES members MATCH FULL);
