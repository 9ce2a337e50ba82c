"""Where databases and the like keep their files."""

from __future__ import annotations

from migrations_tools.isolation.names import reference
from migrations_tools.isolation.resolved import Service, within

# From the images' own documentation (hub.docker.com/_/postgres "PGDATA", /_/mysql, /_/mongo, ...).
# PostgreSQL 18 moved from /var/lib/postgresql/data to a folder below /var/lib/postgresql.
_ANYWHERE = (
    "/var/lib/postgresql",
    "/var/lib/pgsql",
    "/home/postgres/pgdata",
    "/bitnami",
    "/var/lib/mysql",
    "/data/db",
    "/data/configdb",
    "/var/lib/mongodb",
    "/var/lib/redis",
    "/var/lib/rabbitmq",
    "/var/lib/cassandra",
    "/var/lib/clickhouse",
    "/var/lib/influxdb",
    "/var/lib/influxdb2",
    "/var/lib/neo4j",
    "/var/lib/etcd",
    "/var/lib/pgadmin",
    "/usr/share/elasticsearch/data",
    "/usr/share/opensearch/data",
    "/opt/couchdb/data",
    "/cockroach/cockroach-data",
    "/qdrant/storage",
    "/meili_data",
    "/prometheus",
    "/var/lib/grafana",
)
# Images that keep their files below /data, a name too common to judge by alone.
_IN_DATA = frozenset(
    {"redis", "redis-stack", "redis-stack-server", "valkey", "keydb", "dragonfly", "minio", "mongo", "neo4j"}
)


def holds_data(service: Service, target: str) -> bool:
    """Return whether `target`, in the container of `service`, is a data folder, lies in one, or holds PGDATA."""
    in_data = reference(service.text("image")).repository in _IN_DATA
    folders = (*_ANYWHERE, *(("/data",) if in_data else ()))
    pgdata = service.environment.get("PGDATA", "")
    holds_pgdata = pgdata.startswith("/") and (within(pgdata, target) or within(target, pgdata))
    return holds_pgdata or any(within(target, folder) for folder in folders)
