"""The parameters of libpq that a server's address may have, and the variables that hand each to a client.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS,
https://www.postgresql.org/docs/current/libpq-envars.html.
"""

from __future__ import annotations

from collections.abc import Mapping

VARIABLES: Mapping[str, str] = {
    "application_name": "PGAPPNAME",
    "channel_binding": "PGCHANNELBINDING",
    "client_encoding": "PGCLIENTENCODING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "gssdelegation": "PGGSSDELEGATION",
    "gssencmode": "PGGSSENCMODE",
    "gsslib": "PGGSSLIB",
    "hostaddr": "PGHOSTADDR",
    "krbsrvname": "PGKRBSRVNAME",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
    "max_protocol_version": "PGMAXPROTOCOLVERSION",
    "min_protocol_version": "PGMINPROTOCOLVERSION",
    "options": "PGOPTIONS",
    "passfile": "PGPASSFILE",
    "require_auth": "PGREQUIREAUTH",
    "requirepeer": "PGREQUIREPEER",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "sslcert": "PGSSLCERT",
    "sslcertmode": "PGSSLCERTMODE",
    "sslcompression": "PGSSLCOMPRESSION",
    "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR",
    "sslkey": "PGSSLKEY",
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslrootcert": "PGSSLROOTCERT",
    "sslsni": "PGSSLSNI",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
# Of no concern to the application: there is no variable for them, and a connection is the same without.
OWN = frozenset({"keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "tcp_user_timeout"})
PLACES = frozenset({"host", "port", "user", "password", "dbname"})
FILES = frozenset({"passfile", "sslcert", "sslcrl", "sslcrldir", "sslkey", "sslrootcert"})
# Encryption: libpq's parameters, and asyncpg's `ssl` in a URL.
TLS = frozenset(
    {"channel_binding", "ssl", "sslcert", "sslcrl", "sslcrldir", "sslkey", "sslmode", "sslnegotiation", "sslrootcert"}
)


def known(keyword: str) -> bool:
    """Return whether a server's address may have this parameter."""
    return keyword in VARIABLES or keyword in OWN or keyword in PLACES


def variables(options: Mapping[str, str]) -> dict[str, str]:
    """Return parameters as the variables that a client takes them from."""
    return {VARIABLES[key]: value for key, value in options.items() if key in VARIABLES}
