"""The address of a given server: what is read from it, what is refused, and that no word of it shows a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrations_tools.engines.server_url import Address, parse
from migrations_tools.errors import CannotProceed

ROOT = Path("/project")
SECRET = "hush"


def _read(url: str) -> Address:
    return parse(url, "shop", "_temp", ROOT)


def _refused(url: str) -> tuple[str, ...]:
    with pytest.raises(CannotProceed) as caught:
        _read(url)
    assert SECRET not in f"{caught.value} {caught.value.tip} {caught.value.__cause__}"
    return caught.value.reasons


@pytest.mark.parametrize(
    ("url", "hosts", "database"),
    [
        pytest.param("postgresql://u:p@h/x_temp", [("h", 5432)], "x_temp", id="the usual"),
        pytest.param("postgresql+asyncpg://u:p@h/x_temp", [("h", 5432)], "x_temp", id="with a driver"),
        pytest.param("postgres://u:p@h:6000", [("h", 6000)], "shop_temp", id="without a database"),
        pytest.param("postgres://u:p@h:6000/", [("h", 6000)], "shop_temp", id="with an empty one"),
        pytest.param("postgresql://u:p@[::1]:6000/x_temp", [("::1", 6000)], "x_temp", id="IPv6"),
        pytest.param("postgresql://u:p@h1:6000,h2:6001/", [("h1", 6000), ("h2", 6001)], "shop_temp", id="two hosts"),
        pytest.param("postgresql://u:p@h1,[fe80::2]/", [("h1", 5432), ("fe80::2", 5432)], "shop_temp", id="mixed"),
        pytest.param("postgresql://u:p@/x_temp?host=/run/pg&port=7", [("/run/pg", 7)], "x_temp", id="a socket"),
        pytest.param("postgresql://u:p@%2Frun%2Fpg/x_temp", [("/run/pg", 5432)], "x_temp", id="a socket as host"),
        pytest.param("postgresql://h/x_temp?user=u&password=p", [("h", 5432)], "x_temp", id="user in the query"),
    ],
)
def test_the_place_is_read_as_libpq_reads_it(url: str, hosts: list[tuple[str, int]], database: str) -> None:
    found = _read(url)
    assert (list(found.hosts), found.user, found.password, found.database) == (hosts, "u", "p", database)


def test_what_is_percent_encoded_is_read_plainly() -> None:
    found = _read("postgresql://o%40wner:p%40s%2Fs%3A%3F%23%25w@h/x%20y_temp")
    assert (found.user, found.password, found.database) == ("o@wner", "p@s/s:?#%w", "x y_temp")


def test_what_managed_servers_need_is_kept() -> None:
    query = "sslmode=verify-full&sslrootcert=ca.pem&options=endpoint%3Dep-1&connect_timeout=3&channel_binding=require"
    assert dict(_read(f"postgresql://u:p@h/x_temp?{query}&application_name=mt&keepalives=1").options) == {
        "sslmode": "verify-full",
        "sslrootcert": "/project/ca.pem",
        "options": "endpoint=ep-1",
        "connect_timeout": "3",
        "channel_binding": "require",
        "application_name": "mt",
        "keepalives": "1",
    }
    assert dict(_read("postgresql://u:p@h/x_temp?sslrootcert=system&sslcert=/c").options) == {
        "sslrootcert": "system",
        "sslcert": "/c",
    }
    assert dict(_read("postgresql://u:p@h/x_temp?ssl=true").options) == {"sslmode": "require"}


def test_of_several_hosts_the_one_that_takes_writes_is_meant() -> None:
    assert dict(_read("postgresql://u:p@h1,h2/x_temp").options) == {"target_session_attrs": "read-write"}
    asked = "target_session_attrs=primary"
    assert dict(_read(f"postgresql://u:p@h1,h2/x_temp?{asked}").options) == {"target_session_attrs": "primary"}
    assert _read("postgresql://u:p@h1/x_temp").options == ()


def test_no_password_shows_in_a_repr() -> None:
    assert SECRET not in repr(_read(f"postgresql://u:{SECRET}@h1,h2/x_temp"))


UNREADABLE = "`migrations_tools.server_url` cannot be read. In user and password, write @ / : ? # %"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param(f"mysql://u:{SECRET}@h/x_temp", "must read postgresql://user:password@host:port/name", id="mysql"),
        pytest.param("db.example.com", "must read postgresql://user:password@host:port/name", id="a bare host"),
        pytest.param("postgresql://h/x_temp", "names no user", id="no user"),
        pytest.param(f"postgresql://u:{SECRET}@/x_temp", "names no host; for a socket", id="no host"),
        pytest.param(f"postgresql://u:{SECRET}@h/shop", "names the database 'shop', which does not", id="no suffix"),
        pytest.param(f"postgresql://u:{SECRET}/w@h/x_temp", UNREADABLE, id="a raw slash"),
        pytest.param(f"postgresql://u:{SECRET}/w?a@h/x_temp", UNREADABLE, id="a raw slash and a question mark"),
        pytest.param(f"postgresql://u:w@{SECRET}@h/x_temp", UNREADABLE, id="a raw at sign"),
        pytest.param(f"postgresql://u:{SECRET}%zz@h/x_temp", UNREADABLE, id="a raw percent sign"),
        pytest.param(f"postgresql://u:{SECRET}@[::1/x_temp", UNREADABLE, id="a bracket that is not closed"),
        pytest.param(f"postgresql://u:{SECRET}@h:port/x_temp", UNREADABLE, id="a port in words"),
        pytest.param(f"postgresql://u:{SECRET}@h:70000/x_temp", UNREADABLE, id="a port too high"),
        pytest.param(f"postgresql://u:{SECRET}@a,b,c/x_temp?port=1,2", "has 3 hosts and 2 ports", id="ports to guess"),
        pytest.param(f"postgresql://u:{SECRET}@h/{'x' * 60}_temp", "of more than 63 bytes", id="a name to be cut"),
        pytest.param(
            f"postgresql://u:{SECRET}@h/x_temp?target_session_attrs=standby", "takes no writes", id="a standby"
        ),
        pytest.param(
            f"postgresql://u:{SECRET}@h/x_temp?schema=a&pgbouncer=true&sslmode=require",
            "has parameters that cannot be handed on: pgbouncer, schema.",
            id="parameters that libpq does not know",
        ),
        pytest.param(
            f"postgresql://u:w@h/x_temp?sslpassword={SECRET}&service=live",
            "has parameters that cannot be handed on: service, sslpassword.",
            id="parameters that lead elsewhere",
        ),
    ],
)
def test_what_will_not_do_is_refused_and_no_secret_told(url: str, said: str) -> None:
    assert said in "\n".join(_refused(url))


def test_every_mistake_is_told_at_once() -> None:
    assert len(_refused("postgresql:///shop?service=live&target_session_attrs=standby")) == 5
